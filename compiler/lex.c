/* lex.c - cuts a template into names, numbers and signs. Comments are kept for the statement below them;
 * preprocessor lines are passed over. */
#include "lex.h"

#include <ctype.h>
#include <string.h>

static void step(Lexer *lexer)
{
    if (*lexer->at == '\n') {
        lexer->line++;
        lexer->column = 1;
    } else {
        lexer->column++;
    }
    lexer->at++;
}

static char *text_between(const char *from, const char *to)
{
    char *text = allocate((size_t)(to - from) + 1);
    memcpy(text, from, (size_t)(to - from));
    return text;
}

/* The comment's words with its stars and line breaks taken out. */
static const char *comment_words(const char *from, const char *to)
{
    char *words = allocate((size_t)(to - from) + 1);
    size_t length = 0;
    for (const char *c = from; c < to; c++) {
        bool line_start = c > from && c[-1] == '\n';
        if (line_start)
            while (c < to && (*c == ' ' || *c == '\t' || *c == '*'))
                c++;
        if (c == to)
            break;
        char byte = *c == '\n' ? ' ' : *c;
        if (byte != ' ' || (length && words[length - 1] != ' '))
            words[length++] = byte;
    }
    while (length && words[length - 1] == ' ')
        words[--length] = 0;
    return words;
}

/* Passes over space, comments and # lines; leaves the last comment in the token if nothing but space follows it. */
static void skip(Lexer *lexer)
{
    for (;;) {
        if (isspace((unsigned char)*lexer->at)) {
            step(lexer);
        } else if (lexer->at[0] == '/' && lexer->at[1] == '*') {
            const char *from = lexer->at + 2;
            const char *end = strstr(from, "*/");
            if (!end)
                end = from + strlen(from);
            while (lexer->at < end)
                step(lexer);
            for (int i = 0; i < 2 && *lexer->at; i++)
                step(lexer);
            lexer->token.comment = comment_words(from, end);
        } else if (lexer->at[0] == '/' && lexer->at[1] == '/') {
            while (*lexer->at && *lexer->at != '\n')
                step(lexer);
        } else if (*lexer->at == '#' && lexer->column == 1) {
            while (*lexer->at && *lexer->at != '\n')
                step(lexer);
        } else {
            return;
        }
    }
}

static const char *const long_signs[] = {"<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "++", "--"};

static const char *number_end(const char *at, TokenKind *kind)
{
    *kind = TOKEN_INT;
    while (isdigit((unsigned char)*at))
        at++;
    if (*at == '.') {
        *kind = TOKEN_REAL;
        at++;
        while (isdigit((unsigned char)*at))
            at++;
    }
    if (*at == 'e' || *at == 'E') {
        *kind = TOKEN_REAL;
        at++;
        if (*at == '+' || *at == '-')
            at++;
        while (isdigit((unsigned char)*at))
            at++;
    }
    return at;
}

static size_t sign_length(const char *at)
{
    for (size_t i = 0; i < sizeof long_signs / sizeof *long_signs; i++)
        if (strncmp(at, long_signs[i], 2) == 0)
            return 2;
    return 1;
}

void lex_next(Lexer *lexer)
{
    Token *token = &lexer->token;
    token->comment = NULL;
    skip(lexer);
    const char *from = lexer->at, *to = from;
    token->span = (Span){lexer->source, lexer->line, lexer->column, 1};
    if (!*from) {
        token->kind = TOKEN_END;
    } else if (isalpha((unsigned char)*from) || *from == '_') {
        token->kind = TOKEN_NAME;
        while (isalnum((unsigned char)*to) || *to == '_')
            to++;
    } else if (isdigit((unsigned char)*from)) {
        to = number_end(from, &token->kind);
    } else if (strchr("+-*/%<>=!&|?:;,()[]{}.", *from)) {
        token->kind = TOKEN_SIGN;
        to = from + sign_length(from);
    } else {
        token->kind = TOKEN_BAD;
        to = from + 1;
    }
    token->text = *from ? text_between(from, to) : "the end of the file";
    token->span.width = (int)(to - from);
    while (lexer->at < to)
        step(lexer);
    if (token->kind == TOKEN_REAL && *lexer->at == 'f')
        step(lexer);
}

void lex_start(Lexer *lexer, Span span, const char *text)
{
    *lexer = (Lexer){.source = span.source, .at = text, .line = span.line, .column = span.column};
    lex_next(lexer);
}
