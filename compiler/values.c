/* values.c - scalars of a spec: numbers, booleans, words, names. YAML 1.1 would read 010 as 8, yes as true and 1:30 as
 * 90; here a number is written in plain decimals, a boolean is true or false, and what is quoted is a text. */
#include "spec.h"

#include <ctype.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages ---- */

const char *shown(const Node *node)
{
    if (node->kind != NODE_SCALAR)
        return node->kind == NODE_LIST ? "a list" : "a mapping";
    if (!*node->text && !node->quoted)
        return "nothing";
    enum { SHOWN = 40 };
    bool cut = strlen(node->text) > SHOWN;
    return format(node->quoted ? "the text \"%.*s%s\"" : "'%.*s%s'", (int)SHOWN, node->text, cut ? "..." : "");
}

const char *word_shown(const Node *node)
{
    const Node plain = {.kind = node->kind, .text = node->text};
    return shown(&plain);
}

static void refuse(const Node *node, const char *key, const char *wanted)
{
    if (node->kind == NODE_SCALAR && !node->quoted && !*node->text) {
        error_at(node->span, "'%s' has no value; it takes %s", key, wanted);
        return;
    }
    error_at(node->span, "'%s' takes %s, not %s", key, wanted, shown(node));
}

static bool is_plain(const Node *node)
{
    return node->kind == NODE_SCALAR && !node->quoted;
}

void hint_words(Span span, const char *word, const char *plural, const char *const *words, int count)
{
    const Report *report = span.source->report;
    if (report->errors - report->repeated > ERRORS_MAX || report->muted || !count)
        return;
    Text list = {0};
    for (int i = 0; i < count && i < WORDS_SHOWN; i++)
        text_add(&list, "%s%s", i ? ", " : "", words[i]);
    if (count > WORDS_SHOWN)
        text_add(&list, ", ... (%d)", count);
    const char *near = nearest(word, words, count);
    if (count == 1)
        hint(span, "there is only '%s'", words[0]);
    else if (near)
        hint(span, "did you mean '%s'? The %s are %s", near, plural, list.bytes);
    else
        hint(span, "the %s are %s", plural, list.bytes);
}

/* ---- numbers ---- */

static const char *digits(const char *at)
{
    while (isdigit((unsigned char)*at))
        at++;
    return at;
}

static bool looks_like_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    return isdigit((unsigned char)*text) && !*digits(text);
}

static bool looks_like_number(const char *text)
{
    text += *text == '-' || *text == '+';
    const char *whole = digits(text), *end = whole;
    bool some = whole > text;
    if (*end == '.') {
        end = digits(whole + 1);
        some |= end > whole + 1;
    }
    if (some && (*end == 'e' || *end == 'E')) {
        end += 1;
        end += *end == '-' || *end == '+';
        some = isdigit((unsigned char)*end);
        end = digits(end);
    }
    return some && !*end;
}

static void hint_integer(const Node *node)
{
    const char *text = node->text;
    if (!is_plain(node) && node->kind == NODE_SCALAR && looks_like_number(text))
        hint(node->span, "leave out the quotes");
    else if (node->kind == NODE_SCALAR && looks_like_number(text)) {
        double value = strtod(text, NULL);
        if (value >= -1e15 && value <= 1e15 && value == (double)(long long)value)
            hint(node->span, "write %lld", (long long)value);
    } else if (node->kind == NODE_SCALAR && text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b')) {
        hint(node->span, "numbers are written in decimals");
    }
}

bool read_integer(const Node *node, const char *key, long long low, long long high, long long *value)
{
    if (!is_plain(node) || !looks_like_integer(node->text)) {
        refuse(node, key, "a whole number");
        hint_integer(node);
        return false;
    }
    const char *text = node->text + (node->text[0] == '-' || node->text[0] == '+');
    if (text[0] == '0' && text[1]) {
        error_at(node->span, "'%s' has a leading zero: %s", key, shown(node));
        hint(node->span, "numbers are written in decimals, without leading zeros");
        return false;
    }
    bool small = strlen(text) <= 18;
    long long number = small ? strtoll(node->text, NULL, 10) : node->text[0] == '-' ? INT64_MIN : INT64_MAX;
    if (number < low)
        error_at(node->span, "'%s' is %.40s, but must be at least %lld", key, node->text, low);
    else if (number > high)
        error_at(node->span, "'%s' is %.40s, but must be at most %lld", key, node->text, high);
    *value = number;
    return number >= low && number <= high;
}

static bool number_of_text(const Node *node, const char *key, const char *text, double *value)
{
    *value = strtod(text, NULL);
    if (*value > (double)FLT_MAX || *value < -(double)FLT_MAX) {
        error_at(node->span, "'%s' is %.40s, which is larger than a float can be", key, text);
        return false;
    }
    return true;
}

bool read_number(const Node *node, const char *key, double *value)
{
    if (is_plain(node) && looks_like_number(node->text))
        return number_of_text(node, key, node->text, value);
    refuse(node, key, "a number");
    if (node->kind == NODE_SCALAR && node->quoted && looks_like_number(node->text))
        hint(node->span, "leave out the quotes");
    return false;
}

bool read_fraction(const Node *node, const char *key, double *value)
{
    const char *bar = is_plain(node) ? strchr(node->text, '/') : NULL;
    if (!bar)
        return read_number(node, key, value);
    const char *above = format("%.*s", (int)(bar - node->text), node->text), *below = bar + 1;
    double divisor;
    if (!looks_like_number(above) || !looks_like_number(below)) {
        refuse(node, key, "a number or a fraction such as 1/255");
        return false;
    }
    if (!number_of_text(node, key, above, value) || !number_of_text(node, key, below, &divisor))
        return false;
    if (divisor == 0) {
        error_at(node->span, "'%s' divides by zero", key);
        return false;
    }
    *value /= divisor;
    return true;
}

bool read_bytes(const Node *node, const char *key, long long *value)
{
    static const struct {
        const char *unit;
        long long bytes;
    } units[] = {{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}};
    const char *end = is_plain(node) ? digits(node->text) : NULL;
    for (size_t i = 0; end && end > node->text && end - node->text <= 9 && i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0 && node->text[0] != '0') {
            *value = strtoll(node->text, NULL, 10) * units[i].bytes;
            return true;
        }
    refuse(node, key, "a number of bytes such as 65536, 64K or 2M");
    return false;
}

/* ---- words ---- */

bool read_bool(const Node *node, const char *key, bool *value)
{
    *value = is_plain(node) && strcmp(node->text, "true") == 0;
    if (*value || (is_plain(node) && strcmp(node->text, "false") == 0))
        return true;
    refuse(node, key, "true or false");
    return false;
}

const char *read_word(const Node *node, const char *key)
{
    if (node->kind == NODE_SCALAR && *node->text)
        return node->text;
    refuse(node, key, "a word");
    return NULL;
}

int read_choice(const Node *node, const char *key, const char *const *words, int count)
{
    const char *word = read_word(node, key);
    for (int i = 0; word && i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    if (word) {
        error_at(node->span, "'%s' cannot be %s", key, word_shown(node));
        hint_words(node->span, word, "possible words", words, count);
    }
    return -1;
}

/* ---- names ---- */

/* What C and C++ keep for themselves. */
static const char *const keywords[] = {"alignas",
                                       "alignof",
                                       "and",
                                       "and_eq",
                                       "asm",
                                       "auto",
                                       "bitand",
                                       "bitor",
                                       "bool",
                                       "break",
                                       "case",
                                       "catch",
                                       "char",
                                       "char16_t",
                                       "char32_t",
                                       "char8_t",
                                       "class",
                                       "co_await",
                                       "co_return",
                                       "co_yield",
                                       "compl",
                                       "concept",
                                       "const",
                                       "const_cast",
                                       "consteval",
                                       "constexpr",
                                       "constinit",
                                       "continue",
                                       "decltype",
                                       "default",
                                       "delete",
                                       "do",
                                       "double",
                                       "dynamic_cast",
                                       "else",
                                       "enum",
                                       "explicit",
                                       "export",
                                       "extern",
                                       "false",
                                       "float",
                                       "for",
                                       "friend",
                                       "goto",
                                       "if",
                                       "inline",
                                       "int",
                                       "long",
                                       "mutable",
                                       "namespace",
                                       "new",
                                       "noexcept",
                                       "not",
                                       "not_eq",
                                       "nullptr",
                                       "operator",
                                       "or",
                                       "or_eq",
                                       "private",
                                       "protected",
                                       "public",
                                       "register",
                                       "reinterpret_cast",
                                       "requires",
                                       "restrict",
                                       "return",
                                       "short",
                                       "signed",
                                       "sizeof",
                                       "static",
                                       "static_assert",
                                       "static_cast",
                                       "struct",
                                       "switch",
                                       "template",
                                       "this",
                                       "thread_local",
                                       "throw",
                                       "true",
                                       "try",
                                       "typedef",
                                       "typeid",
                                       "typename",
                                       "typeof",
                                       "union",
                                       "unsigned",
                                       "using",
                                       "virtual",
                                       "void",
                                       "volatile",
                                       "wchar_t",
                                       "while",
                                       "xor",
                                       "xor_eq"};

static bool is_keyword(const char *word)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(keywords[i], word) == 0)
            return true;
    return false;
}

/* Types and macros of the headers that generated code includes, and what compilers define by themselves. Names that
 * end with _t are types of the system's. */
static bool belongs_to_headers(const char *word)
{
    static const char *const macros[] = {"NULL",       "RAND_MAX",      "EXIT_FAILURE", "EXIT_SUCCESS", "BIG_ENDIAN",
                                         "PDP_ENDIAN", "LITTLE_ENDIAN", "BYTE_ORDER",   "MB_CUR_MAX",   "FD_SETSIZE",
                                         "NFDBITS",    "WCONTINUED",    "WEXITED",      "WNOHANG",      "WNOWAIT",
                                         "WSTOPPED",   "WUNTRACED",     "linux",        "unix",         "i386",
                                         "AVR",        "offsetof"};
    static const char *const limits[] = {"_MAX", "_MIN", "_WIDTH"};
    static const char *const kinds[] = {"INT", "UINT", "SIZE_", "PTRDIFF_", "WCHAR_", "WINT_", "SIG_ATOMIC_"};
    size_t length = strlen(word);
    if (length > 2 && strcmp(word + length - 2, "_t") == 0)
        return true;
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        if (strcmp(macros[i], word) == 0)
            return true;
    bool limit = false, kind = false;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        size_t tail = strlen(limits[i]);
        limit |= length > tail && strcmp(word + length - tail, limits[i]) == 0;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        kind |= strncmp(word, kinds[i], strlen(kinds[i])) == 0;
    return limit && kind;
}

static bool is_identifier(const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return *word && strchr(letters, *word) && strspn(word, more) == strlen(word);
}

static bool belongs_to_nnc(const char *word)
{
    char start[5] = {0};
    for (int i = 0; i < 4 && word[i]; i++)
        start[i] = (char)tolower((unsigned char)word[i]);
    return strcmp(start, "nnc") == 0 || strcmp(start, "nnc_") == 0;
}

const char *read_label(const Node *node, const char *key)
{
    const char *word = read_word(node, key);
    if (!word)
        return NULL;
    if (!is_identifier(word)) {
        error_at(node->span, "%s cannot be a name in C", word_shown(node));
        hint(node->span, "a name is made of letters, digits and _, and begins with a letter");
    } else if (strlen(word) > NAME_MAX_LENGTH) {
        error_at(node->span, "this name has %zu characters, but may have at most %d", strlen(word), NAME_MAX_LENGTH);
    } else {
        return word;
    }
    return NULL;
}

const char *read_name(const Node *node, const char *key)
{
    const char *word = read_label(node, key);
    if (!word)
        return NULL;
    if (is_keyword(word)) {
        error_at(node->span, "'%s' is a keyword of C or C++", word);
    } else if (belongs_to_headers(word)) {
        error_at(node->span, "'%s' is taken: it is a name of C's headers", word);
    } else if (belongs_to_nnc(word)) {
        error_at(node->span, "'%s' is taken: names that begin with nnc are the runtime's", word);
    } else {
        return word;
    }
    return NULL;
}
