# nnc - everything is built into build/. `make help` lists what there is to make.

CC      ?= cc
CFLAGS  ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(WARNINGS) $(CFLAGS) -Icompiler -Iruntime -Iruntime/trainer
LIBS     = -lyaml -ljansson -lz -ldl -lm

B = build
COMPILER = $(filter-out compiler/embed.c,$(wildcard compiler/*.c))
TRAINER  = $(wildcard runtime/trainer/*.c)
EMBEDDED = $(wildcard templates/*/*.c) $(wildcard runtime/nnc/*.h)
OBJECTS  = $(COMPILER:%.c=$B/%.o) $(TRAINER:%.c=$B/%.o) $B/embedded.o

.PHONY: all help clean
all: $B/nnc

$B/nnc: $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJECTS) $(LIBS)

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$B/embed: compiler/embed.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $<

$B/embedded.c: $B/embed $(EMBEDDED)
	$B/embed $(EMBEDDED) > $@.tmp
	@mv $@.tmp $@

$B/embedded.o: $B/embedded.c
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

clean:
	rm -rf $B

-include $(OBJECTS:.o=.d)
