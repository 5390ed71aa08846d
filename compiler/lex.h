/* lex.h - the words of the template language. */
#ifndef NNC_LEX_H
#define NNC_LEX_H

#include "nnc.h"

typedef enum TokenKind { TOKEN_END, TOKEN_NAME, TOKEN_INT, TOKEN_REAL, TOKEN_SIGN, TOKEN_BAD } TokenKind;

typedef struct Token {
    TokenKind kind;
    const char *text; /* of its own, NUL-terminated; a real without its f */
    Span span;
    const char *comment; /* the comment that ends on a line directly above, or NULL */
} Token;

typedef struct Lexer {
    const Source *source;
    const char *at;
    int line, column;
    Token token; /* the current one */
} Lexer;

/* Starts at the beginning of `text`, which is counted as line and column of the span, and reads the first token. */
void lex_start(Lexer *lexer, Span span, const char *text);
void lex_next(Lexer *lexer);

#endif
