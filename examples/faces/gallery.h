/* gallery.h - the people who are enrolled: names, and an embedding for each photograph, in one SQLite file.
 *
 * Several processes may use a gallery at once. Each change is one transaction, which takes the file's lock when it is
 * opened and is there whole, or not at all, whatever ends the process. The journal is a rollback journal and no
 * write-ahead log: a gallery at rest is one file, which may be copied, and be read from a medium that cannot be
 * written; changes take milliseconds, since embeddings are computed before, so readers hardly wait for them.
 *
 * With the embeddings stands what they depend on (network.h); a gallery is opened by no program that would
 * make others. */
#ifndef FACES_GALLERY_H
#define FACES_GALLERY_H

#include "context.h"

typedef struct Gallery Gallery;

/* For reading: what is read is of one moment. Fails where there is no gallery. */
Gallery *gallery_read(Context *context, const char *path);
/* For one change of a gallery that exists, up to gallery_commit(). */
Gallery *gallery_change(Context *context, const char *path);
/* The same; one that does not exist is made by the commit. */
Gallery *gallery_create(Context *context, const char *path);
void gallery_commit(Gallery *gallery);

/* Adds photographs of a person, who may be new; embeddings are [count][network.size], each of length 1. Returns how
 * many there are of this person now. */
size_t gallery_enroll(Gallery *gallery, const char *name, const float *embeddings, size_t count);
/* Removes a person with all photographs, and returns how many there were; 0: there was no such person. What they took
 * in the file is overwritten with zeros. */
size_t gallery_remove(Gallery *gallery, const char *name);

typedef struct Person {
    const char *name;
    size_t photographs;
} Person;

typedef struct People {
    size_t count;
    Person *person;
} People;

/* Everybody, by name. */
People gallery_people(Gallery *gallery);

/* What a photograph is compared with: a person's embeddings, added up and brought to length 1. */
typedef struct Templates {
    size_t count, photographs; /* of people; of all of them */
    long long *person;         /* [count]: for gallery_name() */
    float *embedding;          /* [count][network.size] */
} Templates;

/* Of all people, or of one: then a count of 0 says that there is no such person. */
Templates gallery_templates(Gallery *gallery);
Templates gallery_template(Gallery *gallery, const char *name);
const char *gallery_name(Gallery *gallery, long long person);

/* From which similarity on two photographs count as of one person, and what it was chosen by. */
typedef struct Threshold {
    double similarity;
    double false_accepts;      /* the rate that was asked for */
    size_t genuine, impostors; /* pairs */
    size_t accepted, mistaken; /* of them */
} Threshold;

/* False if the gallery has none. */
bool gallery_threshold(Gallery *gallery, Threshold *threshold);
void gallery_set_threshold(Gallery *gallery, const Threshold *threshold);

#endif
