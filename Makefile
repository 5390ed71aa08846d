# nnc - everything is built into build/. The targets:
#
#     make            the compiler, build/nnc
#     make demo       installs what is missing, builds, trains on 60,000 images, shows what comes out
#     make test       installs what is missing, builds, runs the everyday tests (about ten minutes)
#     make test-all   every test, at full length
#     make proof      proves by Frama-C (800 MB) that printed C has no run-time errors, in about seven minutes
#     make bench      against PyTorch and ONNX Runtime, on one core
#     make firmware   trains and predicts on an emulated Cortex-M4: examples/firmware
#     make firmware-table   what networks take on emulated microcontrollers: flash, RAM, stack, instructions
#     make faces      WEIGHTS=... builds the program of examples/faces, which recognises people: docs/faces.md
#     make faces-plot DATA=DIR   what the center loss does to the digits of MNIST in DIR: docs/faces.md
#     make golden     writes the expected outputs of tests/golden anew, for review
#     make install    to PREFIX (/usr/local), below DESTDIR
#     make format     clang-format over the sources
#     make clean

CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(WARNINGS) $(CFLAGS) \
             -Icompiler -Iruntime -Iruntime/trainer -Iruntime/images
LIBS     = -lyaml -ljansson -ljpeg -lpng -lz -ldl -lm

B        = build
COMPILER = $(filter-out compiler/embed.c,$(wildcard compiler/*.c))
TRAINER  = $(wildcard runtime/trainer/*.c)
IMAGES   = $(wildcard runtime/images/*.c)
EMBEDDED = $(wildcard templates/*/*.c) $(wildcard templates/blocks/*.yaml) $(wildcard runtime/nnc/*.h) \
           $(wildcard $(foreach depth,* */* */*/* */*/*/* */*/*/*/*,packages/$(depth).in)) LICENSE-RUNTIME
OBJECTS  = $(COMPILER:%.c=$B/%.o) $(TRAINER:%.c=$B/%.o) $(IMAGES:%.c=$B/%.o) $B/embedded.o

.PHONY: all demo test test-all proof bench firmware firmware-table faces faces-plot golden install libs format clean
all: $B/nnc
	@: # nothing to do is done without a word

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

# These install packages before they build, so they do not depend on the program.
demo:
	@bash scripts/demo.sh

test:
	@bash scripts/require.sh build test firmware
	@$(MAKE) --no-print-directory -j2 all
	@bash scripts/test.sh

test-all:
	@bash scripts/require.sh build test firmware demo oracle
	@$(MAKE) --no-print-directory -j2 all
	@bash scripts/test.sh --full

proof:
	@bash scripts/require.sh build proof
	@$(MAKE) --no-print-directory all
	@python3 -B tests/proof/proof.py

bench:
	@bash scripts/require.sh build bench
	@$(MAKE) --no-print-directory -j2 all
	@bash bench/run.sh

firmware:
	@bash scripts/require.sh build firmware
	@$(MAKE) --no-print-directory -j2 all
	@$(MAKE) --no-print-directory -s -C examples/firmware NNC=$(CURDIR)/$B/nnc run

firmware-table:
	@bash scripts/require.sh build firmware
	@$(MAKE) --no-print-directory -j2 all
	@PYTHONPATH=tests/common python3 tests/firmware/table.py

# SPEC and WEIGHTS are files; SCALE, OFFSET and MIRROR are passed on as they are.
faces:
	@bash scripts/require.sh build faces
	@$(MAKE) --no-print-directory -j2 all
	@$(MAKE) --no-print-directory -s -C examples/faces NNC=$(CURDIR)/$B/nnc B=$(CURDIR)/examples/faces/build \
	    WEIGHTS=$(abspath $(WEIGHTS)) $(if $(SPEC),SPEC=$(abspath $(SPEC)))
	@examples/faces/build/faces network
	@echo "Go on: examples/faces/build/faces enroll gallery.faces NAME photograph.jpg ...; docs/faces.md has the rest."

faces-plot:
	@bash scripts/require.sh build plot
	@$(MAKE) --no-print-directory -j2 all
	@NNC=$(CURDIR)/$B/nnc bash examples/faces/center/compare.sh --data "$(DATA)" --out "$(CURDIR)/$B/faces/center"

golden: $B/nnc
	bash tests/golden/run.sh --update
	bash tests/readme/run.sh --update
	bash tests/examples/run.sh --update

# What is installed for CMake and pkg-config finds the rest from where it lies itself, so no file holds PREFIX.
VERSION = $(shell sed -n 's/^.define NNC_VERSION "\(.*\)"/\1/p' compiler/nnc.h)
CMAKE_FILES = share/cmake/nnc/nncConfig.cmake $B/share/cmake/nnc/nncConfigVersion.cmake
ROOT = $(DESTDIR)$(PREFIX)

$B/share/%: share/%.in compiler/nnc.h
	@mkdir -p $(@D)
	sed 's/@VERSION@/$(VERSION)/' $< > $@

install: $B/nnc $(CMAKE_FILES) $B/share/pkgconfig/nnc.pc
	install -d "$(ROOT)/bin" "$(ROOT)/include/nnc" "$(ROOT)/share/man/man1" "$(ROOT)/share/cmake/nnc" \
	    "$(ROOT)/share/pkgconfig"
	install -m 755 $B/nnc "$(ROOT)/bin"
	install -m 644 runtime/nnc/*.h "$(ROOT)/include/nnc"
	install -m 644 man/nnc.1 "$(ROOT)/share/man/man1"
	install -m 644 $(CMAKE_FILES) "$(ROOT)/share/cmake/nnc"
	install -m 644 $B/share/pkgconfig/nnc.pc "$(ROOT)/share/pkgconfig"

# What is linked with the objects needs these, too: the suites ask.
libs:
	@echo $(LIBS)

format:
	clang-format -i compiler/*.[ch] runtime/*/*.[ch] templates/*.h templates/*/*.c tests/*/*.[ch] tests/firmware/kit/*.[ch] examples/*/*.[ch] examples/*/board/*.[ch] bench/*.[ch]

clean:
	rm -rf $B

-include $(OBJECTS:.o=.d)
