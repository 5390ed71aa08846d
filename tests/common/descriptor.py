"""descriptor.py - runtime/nnc/network.h for ctypes: a generated network as the trainer sees it."""
import ctypes


class Port(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("rank", ctypes.c_int), ("shape", ctypes.c_int * 8),
                ("elements", ctypes.c_size_t), ("classes", ctypes.c_int), ("copies", ctypes.c_int)]


class Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int), ("rank", ctypes.c_int), ("shape", ctypes.c_int * 8),
                ("elements", ctypes.c_size_t), ("offset", ctypes.c_size_t), ("parameter", ctypes.c_int),
                ("trained", ctypes.c_int)]


POINTERS = ctypes.POINTER(ctypes.c_void_p)
STEP = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, POINTERS, POINTERS)


class Description(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("spec_hash", ctypes.c_char_p), ("real_bytes", ctypes.c_size_t),
                ("batch", ctypes.c_int), ("inputs", ctypes.c_int), ("targets", ctypes.c_int),
                ("input", ctypes.POINTER(Port)), ("target", ctypes.POINTER(Port)), ("output", Port),
                ("metric", ctypes.c_int), ("scored", Port),
                ("output_apart", ctypes.c_int), ("loss_of_batches", ctypes.c_int), ("tensors", ctypes.c_int),
                ("tensor", ctypes.POINTER(Tensor)), ("parameter_count", ctypes.c_size_t),
                ("parameters_bytes", ctypes.c_size_t), ("training_bytes", ctypes.c_size_t),
                ("inference_bytes", ctypes.c_size_t),
                ("initialize", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)),
                ("train", STEP), ("gradient", STEP), ("update", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
                ("penalty", ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p)),
                ("rate", ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p)),
                ("predict", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, POINTERS, ctypes.c_void_p)),
                ("evaluate", ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_void_p, POINTERS, POINTERS,
                                              ctypes.c_void_p))]


def description_of(library, name):
    """The descriptor of a network in a loaded shared object that was printed with --describe."""
    function = getattr(library, f"{name}_network")
    function.restype = ctypes.POINTER(Description)
    return function().contents
