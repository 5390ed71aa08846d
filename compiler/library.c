/* library.c - finds templates by name, in --templates DIR and among those built into the program. A template is known
 * by its file alone: no list of names exists anywhere. */
#include "embedded.h"
#include "template.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const category_names[CATEGORIES] = {"layer",    "loss",        "optimizer", "initializer",
                                                "schedule", "regularizer", "clip"};
const char *const category_folders[CATEGORIES] = {"layers",    "losses",       "optimizers", "initializers",
                                                  "schedules", "regularizers", "clips"};

Source *library_source(const Library *library, const char *path)
{
    if (library->directory) {
        const char *file = format("%s/%s", library->directory, path);
        if (access(file, R_OK) == 0)
            return source_open(file, library->report);
    }
    const char *inside = format("templates/%s", path);
    for (int i = 0; i < embedded_file_count; i++)
        if (strcmp(embedded_files[i].path, inside) == 0)
            return source_of_text(inside, (const char *)embedded_files[i].text, library->report);
    return NULL;
}

Template *library_find(Library *library, Category category, const char *name)
{
    for (int i = 0; i < library->count; i++)
        if (library->templates[i]->category == category && strcmp(library->templates[i]->name, name) == 0)
            return library->templates[i];
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
        return NULL;
    Source *source = library_source(library, format("%s/%s.c", category_folders[category], name));
    if (!source)
        return NULL;
    int before = library->report->errors;
    Template *template = read_template(category, name, source);
    template->broken = library->report->errors > before;
    PUSH(library->templates, library->count, template);
    return template;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void add_name(const char ***names, int *count, const char *file, const char *extension)
{
    size_t length = strlen(file), tail = strlen(extension);
    if (length <= tail || strcmp(file + length - tail, extension) != 0)
        return;
    const char *name = format("%.*s", (int)(length - tail), file);
    for (int i = 0; i < *count; i++)
        if (strcmp((*names)[i], name) == 0)
            return;
    PUSH(*names, *count, name);
}

int library_files(const Library *library, const char *folder, const char *extension, const char ***names)
{
    int count = 0;
    *names = NULL;
    const char *inside = format("templates/%s/", folder);
    for (int i = 0; i < embedded_file_count; i++)
        if (strncmp(embedded_files[i].path, inside, strlen(inside)) == 0)
            add_name(names, &count, embedded_files[i].path + strlen(inside), extension);
    DIR *directory = NULL;
    if (library->directory)
        directory = opendir(format("%s/%s", library->directory, folder));
    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        add_name(names, &count, entry->d_name, extension);
    if (directory)
        closedir(directory);
    if (count)
        qsort(*names, (size_t)count, sizeof **names, compare_names);
    return count;
}

int library_names(Library *library, Category category, const char ***names)
{
    return library_files(library, category_folders[category], ".c", names);
}
