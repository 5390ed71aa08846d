"""networks.py - the networks of the benchmark in PyTorch: those of specs/, layer by layer and with the same sums.

Modules with parameters are made in the order of the description's layers, so that the two lists can be paired
(export_onnx.py). Padding `same` of nnc is TensorFlow's: where an odd row of it goes to the bottom, PyTorch needs a
layer that pads. `exact` asks for that layer; without it the odd row is at the top instead: the same work without a
copy, to the peer's advantage.
"""
from torch import nn
from torch.nn import functional as F


def same_sides(size, kernel, stride):
    """Rows (or columns) of zeros before and after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def conv_same(exact, size, inputs, filters, kernel, stride=1, groups=1):
    (top, bottom), (left, right) = (same_sides(s, k, stride) for s, k in zip(size, kernel))
    if (top, left) == (bottom, right) or not exact:
        return nn.Conv2d(inputs, filters, kernel, stride, (bottom, right), groups=groups)
    return nn.Sequential(nn.ZeroPad2d((left, right, top, bottom)), nn.Conv2d(inputs, filters, kernel, stride, 0,
                                                                            groups=groups))


def keras_norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def tiny(_):
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))


def mlp(_):
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def lenet5(_):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


class Residual(nn.Module):
    """Two convolutions of 3 x 3 beside the identity, or beside one of 1 x 1 where the resolution is halved."""

    def __init__(self, exact, size, inputs, filters, stride):
        super().__init__()
        inner = tuple(s // stride for s in size)
        self.main = nn.Sequential(
            conv_same(exact, size, inputs, filters, (3, 3), stride), keras_norm(filters), nn.ReLU(),
            conv_same(exact, inner, filters, filters, (3, 3)), keras_norm(filters))
        self.shortcut = nn.Conv2d(inputs, filters, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.main(x) + self.shortcut(x))


def global_average():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def resnet8(exact):
    return nn.Sequential(
        conv_same(exact, (32, 32), 3, 16, (3, 3)), keras_norm(16), nn.ReLU(),
        Residual(exact, (32, 32), 16, 16, 1), Residual(exact, (32, 32), 16, 32, 2),
        Residual(exact, (16, 16), 32, 64, 2), global_average(), nn.Linear(64, 10))


def separable(exact, size, inputs, filters, stride):
    return nn.Sequential(
        conv_same(exact, size, inputs, inputs, (3, 3), stride, groups=inputs), keras_norm(inputs), nn.ReLU(),
        nn.Conv2d(inputs, filters, 1), keras_norm(filters), nn.ReLU())


def ds_cnn(exact):
    stem = [conv_same(exact, (49, 10), 1, 64, (10, 4), 2), keras_norm(64), nn.ReLU(), nn.Dropout(0.2)]
    body = [separable(exact, (25, 5), 64, 64, 1) for _ in range(4)]
    return nn.Sequential(*stem, *body, nn.Dropout(0.4), global_average(), nn.Linear(64, 12))


def mobilenet_v1_025(exact):
    layers = [conv_same(exact, (96, 96), 3, 8, (3, 3), 2), keras_norm(8), nn.ReLU()]
    size, inputs = 48, 8
    for filters, stride in [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1)]:
        layers.append(separable(exact, (size, size), inputs, filters, stride))
        size, inputs = size // stride, filters
    return nn.Sequential(*layers, global_average(), nn.Linear(256, 2))


def vgg16(_):
    layers, inputs = [], 3
    for filters, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(count):
            layers += [nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU()]
            inputs = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(0.5),
                         nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 1000))


class Bottleneck(nn.Module):
    def __init__(self, inputs, filters, stride, projected):
        super().__init__()
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, 4 * filters, 1, stride, bias=False),
                                      nn.BatchNorm2d(4 * filters)) if projected else nn.Identity()
        self.main = nn.Sequential(
            nn.Conv2d(inputs, filters, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
            nn.Conv2d(filters, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
            nn.Conv2d(filters, 4 * filters, 1, bias=False), nn.BatchNorm2d(4 * filters))

    def forward(self, x):
        return F.relu(self.main(x) + self.shortcut(x))


def resnet50(_):
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for filters, count, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for i in range(count):
            layers.append(Bottleneck(inputs, filters, stride if i == 0 else 1, i == 0))
            inputs = 4 * filters
    return nn.Sequential(*layers, global_average(), nn.Linear(2048, 1000))


def face_conv(inputs, filters, kernel, stride=1, padding=0, groups=1, slope=True):
    layers = [nn.Conv2d(inputs, filters, kernel, stride, padding, groups=groups, bias=False),
              nn.BatchNorm2d(filters, eps=1e-3)]
    return nn.Sequential(*layers, nn.PReLU(filters)) if slope else nn.Sequential(*layers)


class FaceBottleneck(nn.Module):
    def __init__(self, inputs, width, filters, stride):
        super().__init__()
        self.main = nn.Sequential(face_conv(inputs, width, 1), face_conv(width, width, 3, stride, 1, groups=width),
                                  face_conv(width, filters, 1, slope=False))
        self.adds = stride == 1

    def forward(self, x):
        return x + self.main(x) if self.adds else self.main(x)


def mobilefacenet(_):
    layers, inputs = [face_conv(3, 64, 3, 2, 1), face_conv(64, 64, 3, 1, 1, groups=64)], 64
    for width, filters, stride, count in [(128, 64, 2, 1), (128, 64, 1, 4), (256, 128, 2, 1), (256, 128, 1, 6),
                                          (512, 128, 2, 1), (256, 128, 1, 2)]:
        for _ in range(count):
            layers.append(FaceBottleneck(inputs, width, filters, stride))
            inputs = filters
    return nn.Sequential(*layers, face_conv(128, 512, 1), face_conv(512, 512, 7, groups=512, slope=False), nn.Flatten(),
                         nn.Linear(512, 128), nn.BatchNorm1d(128, eps=1e-3))


# One sample, channels first.
SHAPES = {"tiny": (2,), "mlp": (784,), "lenet5": (1, 28, 28), "resnet8": (3, 32, 32), "ds_cnn": (1, 49, 10),
          "mobilenet_v1_025": (3, 96, 96), "vgg16": (3, 224, 224), "resnet50": (3, 224, 224),
          "mobilefacenet": (3, 112, 112)}
CLASSES = {"tiny": 0, "mlp": 10, "lenet5": 10, "resnet8": 10, "ds_cnn": 12, "mobilenet_v1_025": 2, "vgg16": 1000,
           "resnet50": 1000}  # 0: one number is fitted
PROBABILITIES = {"lenet5", "resnet8", "ds_cnn", "mobilenet_v1_025"}  # whose predict ends with a softmax
BUILDERS = {"tiny": tiny, "mlp": mlp, "lenet5": lenet5, "resnet8": resnet8, "ds_cnn": ds_cnn,
            "mobilenet_v1_025": mobilenet_v1_025, "vgg16": vgg16, "resnet50": resnet50,
            "mobilefacenet": mobilefacenet}


def network(name, exact=False):
    return BUILDERS[name](exact)


def predictor(name):
    """The network in evaluation mode, exactly nnc's, with statistics that are not 0 and 1."""
    model = network(name, exact=True)
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.normal_(module.bias, 0, 0.1)
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return model.eval()


def parameter_count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def modules_with_parameters(model):
    return [name for name, module in model.named_modules() if list(module.parameters(recurse=False))]
