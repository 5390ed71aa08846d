/* pictures.c - folders of pictures as bytes. */
#include "pictures.h"

#include "file.h"
#include "interrupt.h"
#include "picture.h"

#include <string.h>

enum { NAMED_MAX = 10 };

void pictures_shape(Context *context, const nnc_network *network, const char *place, int shape[3])
{
    const nnc_port *port = &network->input[0];
    int channels = port->rank == 3 ? port->shape[2] : 1;
    bool fits = network->inputs == 1 && port->type == NNC_REAL && (port->rank == 2 || port->rank == 3) &&
                (channels == 1 || channels == 3) && port->shape[0] <= PICTURE_SIDE_MAX &&
                port->shape[1] <= PICTURE_SIDE_MAX;
    if (!fits)
        context_fail(context,
                     "%serror: pictures are [height, width, 1] or [height, width, 3], with sides up to %d; network %s "
                     "has another input",
                     place, PICTURE_SIDE_MAX, network->name);
    shape[0] = port->shape[0];
    shape[1] = port->shape[1];
    shape[2] = channels;
}

typedef struct Reader {
    Context *context;
    const Folders *folders;
    const int *shape;
    Picture_cache *cache;
    const char *folder; /* as the description names it */
    bool strict;
    FILE *notes;
    size_t picture_bytes, refused;
} Reader;

static Matrix empty_matrix(const char *path, const int shape[3])
{
    size_t width = (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2];
    return (Matrix){.path = path,
                    .type = MATRIX_UINT8,
                    .rank = 4,
                    .shape = {0, (size_t)shape[0], (size_t)shape[1], (size_t)shape[2]},
                    .width = width,
                    .scale = 1};
}

static void refuse(Reader *reader, const char *path, const char *problem)
{
    const char *shown = folders_shown(reader->context, path);
    if (reader->strict)
        context_fail(reader->context, "%s: error: %s", shown, problem);
    if (reader->refused++ < NAMED_MAX && reader->notes != NULL)
        fprintf(reader->notes, "warning: %s: %s\n", shown, problem);
}

/* False: it is left out. */
static bool read_picture(Reader *reader, const Class_folder *class, const char *file, unsigned char *pixels)
{
    Context *context = reader->context;
    const char *name = file_join(context, file_join(context, reader->folder, class->name), file);
    const unsigned char *kept = picture_cache_find(reader->cache, name);
    if (kept != NULL) {
        memcpy(pixels, kept, reader->picture_bytes);
        return true;
    }
    char problem[PICTURE_PROBLEM];
    const char *path = file_join(context, file_join(context, reader->folders->path, class->name), file);
    bool read = picture_read(path, reader->shape[0], reader->shape[1], reader->shape[2], pixels, problem);
    if (read)
        picture_cache_add(reader->cache, name, pixels);
    else
        refuse(reader, path, problem);
    return read;
}

static size_t count_files(const Folders *folders)
{
    size_t count = 0;
    for (size_t c = 0; c < folders->count; c++)
        count += folders->class[c].files;
    return count;
}

/* Appends the pictures of a class. */
static void read_class(Reader *reader, uint32_t number, Pictures *pictures)
{
    const Class_folder *class = &reader->folders->class[number];
    size_t before = pictures->pixels.rows;
    for (size_t f = 0; f < class->files; f++) {
        unsigned char *pixels =
            (unsigned char *)pictures->pixels.values + pictures->pixels.rows * reader->picture_bytes;
        if (interrupt_signal)
            context_interrupt(reader->context, interrupt_signal, "note: interrupted while pictures were read");
        if (read_picture(reader, class, class->file[f], pixels))
            pictures->class[pictures->pixels.rows++] = number;
    }
    if (pictures->pixels.rows == before)
        context_fail(reader->context, "%s: error: none of the %zu pictures of this class can be read",
                     file_join(reader->context, reader->folders->path, class->name), class->files);
}

Pictures pictures_read(Context *context, const Folders *folders, const int shape[3], Picture_cache *cache,
                       const char *folder, bool strict, FILE *notes)
{
    Pictures pictures = {.pixels = empty_matrix(folders->path, shape)};
    Reader reader = {.context = context,
                     .folders = folders,
                     .shape = shape,
                     .cache = cache,
                     .folder = folder,
                     .strict = strict,
                     .notes = notes,
                     .picture_bytes = pictures.pixels.width};
    size_t files = count_files(folders);
    pictures.pixels.values = context_allocate(context, files, reader.picture_bytes);
    pictures.class = context_allocate(context, files, sizeof *pictures.class);
    for (uint32_t c = 0; c < folders->count; c++)
        read_class(&reader, c, &pictures);
    pictures.pixels.shape[0] = pictures.pixels.rows;
    if (reader.refused > 0 && notes != NULL)
        fprintf(notes,
                "warning: %s: %zu of %zu pictures cannot be read and are left out (--strict-data refuses them)\n",
                folders->path, reader.refused, files);
    return pictures;
}

Matrix pictures_read_one(Context *context, const char *path, const int shape[3])
{
    char problem[PICTURE_PROBLEM];
    Matrix matrix = empty_matrix(path, shape);
    matrix.values = context_allocate(context, matrix.width, 1);
    matrix.rows = matrix.shape[0] = 1;
    if (!picture_read(path, shape[0], shape[1], shape[2], matrix.values, problem))
        context_fail(context, "%s: error: %s", folders_shown(context, path), problem);
    return matrix;
}
