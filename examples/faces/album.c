/* album.c - folders of people, read in an order that no file system decides. */
#include "album.h"

#include "folders.h"
#include "picture.h"

#include <string.h>

static void add_photograph(Context *context, Album *album, const char *path)
{
    size_t count = album->photographs;
    if ((count & (count - 1)) == 0)
        album->path = context_grow(context, album->path, 2 * count + 1, sizeof *album->path);
    album->path[album->photographs++] = path;
}

/* One person more if the folder holds photographs. What is called like one and is a folder cannot be read, and that is
 * said when it is. */
static void add_person(Context *context, Album *album, const char *name, const char *directory)
{
    size_t before = album->photographs;
    Contents contents = folders_contents(context, directory);
    for (size_t i = 0; i < contents.pictures; i++)
        add_photograph(context, album, context_format(context, "%s/%s", directory, contents.picture[i]));
    for (size_t i = 0; i < contents.folders; i++) {
        if (picture_has_name(contents.folder[i]))
            add_photograph(context, album, context_format(context, "%s/%s", directory, contents.folder[i]));
    }
    if (album->photographs > before) {
        album->name[album->people++] = name;
        album->first[album->people] = album->photographs;
    }
}

static Album empty(Context *context, size_t people)
{
    return (Album){.name = context_allocate(context, people, sizeof(char *)),
                   .first = context_allocate(context, people + 1, sizeof(size_t))};
}

Album album_read(Context *context, const char *directory)
{
    Contents people = folders_contents(context, directory);
    Album album = empty(context, people.folders);
    for (size_t i = 0; i < people.folders; i++)
        add_person(context, &album, people.folder[i], context_format(context, "%s/%s", directory, people.folder[i]));
    if (album.photographs == 0)
        context_fail(context, "%s: error: no photograph is there: they are looked for in %s/NAME/", directory,
                     directory);
    return album;
}

/* Does the list "NAME,NAME,..." name it? */
static bool is_named(const char *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = names; *at != 0; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == length && strncmp(at, name, length) == 0)
            return true;
    }
    return false;
}

static void copy_person(Context *context, Album *to, const Album *from, size_t person)
{
    for (size_t i = from->first[person]; i < from->first[person + 1]; i++)
        add_photograph(context, to, from->path[i]);
    to->name[to->people++] = from->name[person];
    to->first[to->people] = to->photographs;
}

static void check_names(Context *context, const Album *album, const char *directory, const char *names)
{
    for (const char *at = names; *at != 0; at += strcspn(at, ","), at += *at == ',') {
        int length = (int)strcspn(at, ",");
        size_t person = 0;
        while (person < album->people &&
               (strncmp(album->name[person], at, (size_t)length) != 0 || strlen(album->name[person]) != (size_t)length))
            person++;
        if (person == album->people)
            context_fail(context, "%s: error: there are no photographs of \"%.*s\", whom --people names", directory,
                         length, at);
    }
}

Album album_select(Context *context, const Album *album, const char *directory, const char *names)
{
    check_names(context, album, directory, names);
    Album chosen = empty(context, album->people);
    for (size_t person = 0; person < album->people; person++) {
        if (is_named(names, album->name[person]))
            copy_person(context, &chosen, album, person);
    }
    return chosen;
}

Album album_without(Context *context, const Album *album, const char *names)
{
    Album others = empty(context, album->people);
    for (size_t person = 0; person < album->people; person++) {
        if (!is_named(names, album->name[person]))
            copy_person(context, &others, album, person);
    }
    return others;
}
