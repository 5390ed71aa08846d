/* parse.c - reads the functions of a template. The language, whole:
 *
 *     function    void NAME(parameter, ...) block
 *     parameter   int NAME | float NAME | uint32_t NAME | [const] (float | int | int32_t) NAME[expr]...
 *     block       { statement... } | statement
 *     statement   for (int v = expr; v < expr; v++) block          also <=, v += n, and downwards: v >= expr; v--
 *                 (float | int | uint32_t) NAME = expr;
 *                 NAME = expr;   NAME += expr;   NAME[expr]... = expr;   and +=, -=, *=
 *                 if (expr) block [else block]
 *     expr        expr ? expr : expr   || && == != < <= > >= + - * / %   -expr  !expr  (float)expr  (int)expr
 *                 NAME   NAME[expr]...   FUNCTION(expr, ...)   number   (expr)
 *
 * FUNCTION is one of the table below. int and float never mix without a cast. A subscript of something that is
 * written never depends on data. What is not here is refused, with a caret and a reason. */
#include "lex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- the functions ---- */

#define R TYPE_REAL
static const Function functions[] = {
    {"expf", "nnc_expf", "nnc_exp", "nnc_vexp", 1, {R}, false},
    {"expm1f", "nnc_expm1f", "nnc_expm1", "nnc_vexpm1", 1, {R}, false},
    {"logf", "nnc_logf", "nnc_log", "nnc_vlog", 1, {R}, false},
    {"log1pf", "nnc_log1pf", "nnc_log1p", "nnc_vlog1p", 1, {R}, false},
    {"tanhf", "nnc_tanhf", "nnc_tanh", "nnc_vtanh", 1, {R}, false},
    {"erff", "nnc_erff", "nnc_erf", "nnc_verf", 1, {R}, false},
    {"sinf", "nnc_sinf", "nnc_sin", "nnc_vsin", 1, {R}, false},
    {"cosf", "nnc_cosf", "nnc_cos", "nnc_vcos", 1, {R}, false},
    {"powf", "nnc_powf", "nnc_pow", "nnc_vpow", 2, {R, R}, false},
    {"sqrtf", "nnc_sqrtf", "nnc_sqrt", "nnc_vsqrt", 1, {R}, false},
    {"fabsf", "nnc_fabsf", "nnc_fabs", "nnc_vfabs", 1, {R}, true},
    {"fmaxf", "nnc_fmaxf", "nnc_fmax", "nnc_vfmax", 2, {R, R}, true},
    {"fminf", "nnc_fminf", "nnc_fmin", "nnc_vfmin", 2, {R, R}, true},
    {"floorf", "nnc_floorf", "nnc_floor", "nnc_vfloor", 1, {R}, true},
    {"random_uniform",
     "nnc_random_uniformf",
     "nnc_random_uniform",
     "nnc_vrandom_uniform",
     2,
     {TYPE_KEY, TYPE_INT},
     false},
    {"random_normal", "nnc_random_normalf", "nnc_random_normal", "nnc_vrandom_normal", 2, {TYPE_KEY, TYPE_INT}, false},
};
#undef R

const Function *function_find(const char *name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

/* ---- the parser's state: a lexer and the names in scope ---- */

typedef struct Scope {
    const char *name;
    Symbol *symbol;
    Array *array;
    struct Scope *outer;
} Scope;

enum { DEPTH_MAX = 100, STRIDE_MAX = 1 << 24 };

typedef struct Parser {
    Lexer lexer;
    Scope *scope;
    bool free_names; /* in a tag's expression any name is a size */
    bool failed;     /* one message a function: the rest would be noise */
    int depth;       /* of what is open: blocks, parentheses, signs */
} Parser;

static void fail(Parser *parser, Span span, const char *message, const char *name)
{
    if (!parser->failed)
        error_at(span, message, name);
    parser->failed = true;
}

/* False with a message if too much is open already; each true is undone by depth--. */
static bool enter(Parser *parser)
{
    if (parser->depth == DEPTH_MAX)
        fail(parser, parser->lexer.token.span, "%s", "this is nested too deeply");
    parser->depth += parser->depth < DEPTH_MAX;
    return !parser->failed;
}

static bool is(const Parser *parser, const char *text)
{
    const Token *token = &parser->lexer.token;
    return token->kind != TOKEN_END && strcmp(token->text, text) == 0;
}

static bool accept(Parser *parser, const char *text)
{
    if (!is(parser, text))
        return false;
    lex_next(&parser->lexer);
    return true;
}

static void expect(Parser *parser, const char *text)
{
    if (parser->failed || accept(parser, text))
        return;
    parser->failed = true;
    error_at(parser->lexer.token.span, "expected '%s', found '%s'", text, parser->lexer.token.text);
}

static const char *expect_name(Parser *parser)
{
    const char *name = parser->lexer.token.text;
    if (parser->lexer.token.kind != TOKEN_NAME)
        fail(parser, parser->lexer.token.span, "expected a name, found '%s'", name);
    else
        lex_next(&parser->lexer);
    return name;
}

static const Scope *lookup(const Parser *parser, const char *name)
{
    for (const Scope *scope = parser->scope; scope; scope = scope->outer)
        if (strcmp(scope->name, name) == 0)
            return scope;
    return NULL;
}

static void declare(Parser *parser, const char *name, Span span, Symbol *symbol, Array *array)
{
    if (lookup(parser, name))
        fail(parser, span, "'%s' hides an outer name", name);
    Scope *scope = NEW(Scope);
    *scope = (Scope){name, symbol, array, parser->scope};
    parser->scope = scope;
}

static Symbol *new_symbol(SymbolKind kind, Type type, const char *name, Span span)
{
    Symbol *symbol = NEW(Symbol);
    *symbol = (Symbol){.kind = kind, .type = type, .name = name, .span = span};
    return symbol;
}

/* ---- expressions ---- */

static const Span *kept(Span span)
{
    Span *place = NEW(Span);
    *place = span;
    return place;
}

static Expr *new_expr(ExprKind kind, Type type, Span span, int count)
{
    Expr *expr = NEW(Expr);
    expr->kind = kind;
    expr->type = type;
    expr->span = kept(span);
    expr->count = count;
    expr->args = count ? NEW_ARRAY(count, Expr *) : NULL;
    return expr;
}

static Expr *parse_conditional(Parser *parser);

static void require(Parser *parser, const Expr *expr, Type type)
{
    static const char *const names[] = {"an int", "a float", "a random key", "a condition"};
    if (expr->type == type || parser->failed)
        return;
    parser->failed = true;
    error_at(*expr->span, "this is %s where %s is needed", names[expr->type], names[type]);
    if (expr->type != TYPE_BOOL && type == TYPE_REAL)
        hint(*expr->span, "write (float)");
}

static Expr *parse_subscripts(Parser *parser, Span span, Array *array)
{
    Expr *load = new_expr(EX_LOAD, array->type, span, 0);
    load->array = array;
    while (accept(parser, "[")) {
        Expr *subscript = parse_conditional(parser);
        require(parser, subscript, TYPE_INT);
        PUSH(load->args, load->count, subscript);
        expect(parser, "]");
    }
    if (load->count != array->rank)
        fail(parser, span, "the number of subscripts of '%s' differs from its declaration", array->name);
    return load;
}

static Expr *parse_call(Parser *parser, Span span, const char *name)
{
    const Function *function = function_find(name);
    if (!function) {
        fail(parser, span, "a template cannot call '%s'", name);
        return new_expr(EX_REAL, TYPE_REAL, span, 0);
    }
    Expr *call = new_expr(EX_CALL, TYPE_REAL, span, function->arguments);
    call->function = function;
    for (int i = 0; i < function->arguments; i++) {
        if (i)
            expect(parser, ",");
        call->args[i] = parse_conditional(parser);
        require(parser, call->args[i], function->types[i]);
    }
    expect(parser, ")");
    return call;
}

/* In a tag, `axes[0]` is an element of the list `axes`, `length(axes)` how many it has, and `rank(x)` how many
 * dimensions the input has: each a size of that name. */
static const char *parse_size_of(Parser *parser, const char *name)
{
    if (accept(parser, "[")) {
        name = format("%s[%s]", name, parser->lexer.token.text);
        if (parser->lexer.token.kind == TOKEN_INT)
            lex_next(&parser->lexer);
        else
            fail(parser, parser->lexer.token.span, "an element of a list is chosen by a number, not by '%s'",
                 parser->lexer.token.text);
        expect(parser, "]");
    } else if ((strcmp(name, "length") == 0 || strcmp(name, "rank") == 0) && accept(parser, "(")) {
        name = format("%s(%s)", name, expect_name(parser));
        expect(parser, ")");
    }
    return name;
}

static Expr *parse_name(Parser *parser)
{
    Span span = parser->lexer.token.span;
    const char *name = expect_name(parser);
    if (parser->free_names)
        name = parse_size_of(parser, name);
    if (accept(parser, "("))
        return parse_call(parser, span, name);
    const Scope *scope = lookup(parser, name);
    if (scope && scope->array)
        return parse_subscripts(parser, span, scope->array);
    Expr *expr = new_expr(EX_NAME, TYPE_INT, span, 0);
    if (scope) {
        expr->symbol = scope->symbol;
        expr->type = scope->symbol->type;
    } else if (parser->free_names) {
        expr->symbol = new_symbol(SYM_SIZE, TYPE_INT, name, span);
    } else {
        fail(parser, span, "'%s' is not declared", name);
    }
    return expr;
}

static Expr *parse_number(Parser *parser)
{
    const Token *token = &parser->lexer.token;
    bool whole = token->kind == TOKEN_INT;
    Expr *expr = new_expr(whole ? EX_INT : EX_REAL, whole ? TYPE_INT : TYPE_REAL, token->span, 0);
    if (whole)
        expr->number = strtoll(token->text, NULL, 10);
    else
        expr->text = token->text;
    if (whole && expr->number > INT32_MAX)
        fail(parser, token->span, "'%s' is larger than an int", token->text);
    if (!whole && !isdigit((unsigned char)token->text[strlen(token->text) - 1]) && !strchr(token->text, '.'))
        fail(parser, token->span, "'%s' is no number", token->text);
    lex_next(&parser->lexer);
    return expr;
}

static Expr *parse_unary(Parser *parser);

static Expr *parse_primary(Parser *parser)
{
    Expr *expr = new_expr(EX_INT, TYPE_INT, parser->lexer.token.span, 0);
    if (enter(parser)) {
        expr = parse_unary(parser);
        parser->depth--;
    }
    return expr;
}

static Expr *parse_unary(Parser *parser)
{
    Token token = parser->lexer.token;
    if (token.kind == TOKEN_INT || token.kind == TOKEN_REAL)
        return parse_number(parser);
    if (accept(parser, "(")) {
        bool to_real = is(parser, "float"), to_int = is(parser, "int");
        if (to_real || to_int) {
            lex_next(&parser->lexer);
            expect(parser, ")");
            Expr *cast = new_expr(EX_CAST, to_real ? TYPE_REAL : TYPE_INT, token.span, 1);
            cast->args[0] = parse_primary(parser);
            if (cast->args[0]->type != TYPE_REAL)
                require(parser, cast->args[0], TYPE_INT);
            return cast;
        }
        Expr *expr = parse_conditional(parser);
        expect(parser, ")");
        return expr;
    }
    if (accept(parser, "-")) {
        Expr *argument = parse_primary(parser);
        Expr *expr = new_expr(EX_NEG, argument->type, token.span, 1);
        expr->args[0] = argument;
        return expr;
    }
    if (accept(parser, "!")) {
        Expr *expr = new_expr(EX_NOT, TYPE_BOOL, token.span, 1);
        expr->args[0] = parse_primary(parser);
        require(parser, expr->args[0], TYPE_BOOL);
        return expr;
    }
    if (token.kind == TOKEN_NAME)
        return parse_name(parser);
    fail(parser, token.span, "expected an expression, found '%s'", token.text);
    return new_expr(EX_INT, TYPE_INT, token.span, 0);
}

static const struct {
    const char *text;
    ExprKind kind;
    int strength;
} operators[] = {
#define X(name, text, strength) {text, EX_##name, strength},
    OPERATORS(X)
#undef X
};

static Type result_type(Parser *parser, ExprKind kind, const Expr *left, const Expr *right)
{
    if (kind == EX_AND || kind == EX_OR) {
        require(parser, left, TYPE_BOOL);
        require(parser, right, TYPE_BOOL);
        return TYPE_BOOL;
    }
    require(parser, right, left->type);
    if (kind == EX_MOD)
        require(parser, left, TYPE_INT);
    if ((kind == EX_DIV || kind == EX_MOD) && right->kind == EX_INT && right->number == 0)
        fail(parser, *right->span, "%s", "an int is divided by 0");
    bool comparison = kind >= EX_EQ && kind <= EX_GE;
    return comparison ? TYPE_BOOL : left->type;
}

/* Precedence climbing over the one table of operators. */
static Expr *parse_binary(Parser *parser, int strength)
{
    Expr *left = parse_primary(parser);
    for (;;) {
        size_t i = 0, count = sizeof operators / sizeof *operators;
        while (i < count && !(parser->lexer.token.kind == TOKEN_SIGN && is(parser, operators[i].text) &&
                              operators[i].strength >= strength))
            i++;
        if (i == count || parser->failed)
            return left;
        Span span = parser->lexer.token.span;
        lex_next(&parser->lexer);
        Expr *right = parse_binary(parser, operators[i].strength + 1);
        Expr *expr = new_expr(operators[i].kind, TYPE_INT, span, 2);
        expr->type = result_type(parser, operators[i].kind, left, right);
        expr->args[0] = left;
        expr->args[1] = right;
        left = expr;
    }
}

static Expr *parse_conditional(Parser *parser)
{
    Expr *condition = parse_binary(parser, 1);
    if (!is(parser, "?"))
        return condition;
    Span span = parser->lexer.token.span;
    lex_next(&parser->lexer);
    require(parser, condition, TYPE_BOOL);
    Expr *yes = parse_conditional(parser);
    expect(parser, ":");
    Expr *no = parse_conditional(parser);
    require(parser, no, yes->type);
    Expr *expr = new_expr(EX_COND, yes->type, span, 3);
    expr->args[0] = condition;
    expr->args[1] = yes;
    expr->args[2] = no;
    return expr;
}

/* ---- statements ---- */

static Stmt *new_stmt(StmtKind kind, Span span)
{
    Stmt *stmt = NEW(Stmt);
    stmt->kind = kind;
    stmt->span = kept(span);
    return stmt;
}

/* True if the value of an expression depends on what some array holds. */
static bool reads_data(const Expr *expr)
{
    if (expr->kind == EX_LOAD || expr->kind == EX_CALL)
        return true;
    for (int i = 0; i < expr->count; i++)
        if (reads_data(expr->args[i]))
            return true;
    return false;
}

/* An int that is known before the data are: of a loop, of a dimension. */
static Expr *parse_limit(Parser *parser)
{
    Expr *limit = parse_conditional(parser);
    require(parser, limit, TYPE_INT);
    if (reads_data(limit))
        fail(parser, *limit->span, "%s", "this depends on data, but must be known before");
    return limit;
}

static Stmt *parse_statement(Parser *parser);

/* Always a block, also for a single statement; names declared inside end with it. */
static Stmt *parse_block(Parser *parser)
{
    Stmt *block = new_stmt(ST_BLOCK, parser->lexer.token.span);
    Scope *outer = parser->scope;
    if (!enter(parser))
        return block;
    if (accept(parser, "{")) {
        while (!parser->failed && !is(parser, "}")) {
            Stmt *stmt = parse_statement(parser);
            PUSH(block->items, block->count, stmt);
        }
        expect(parser, "}");
    } else {
        Stmt *stmt = parse_statement(parser);
        PUSH(block->items, block->count, stmt);
    }
    parser->scope = outer;
    parser->depth--;
    return block;
}

static Expr *plus_one(Expr *expr)
{
    Expr *one = new_expr(EX_INT, TYPE_INT, *expr->span, 0);
    one->number = 1;
    Expr *sum = new_expr(EX_ADD, TYPE_INT, *expr->span, 2);
    sum->args[0] = expr;
    sum->args[1] = one;
    return sum;
}

/* `v++`, `v--` or `v += n`. */
static int parse_stride(Parser *parser, const char *name)
{
    if (!is(parser, name))
        fail(parser, parser->lexer.token.span, "the loop must step its own variable, not '%s'",
             parser->lexer.token.text);
    else
        lex_next(&parser->lexer);
    if (accept(parser, "++"))
        return 1;
    if (accept(parser, "--"))
        return -1;
    expect(parser, "+=");
    Expr *stride = parse_primary(parser);
    if (stride->kind != EX_INT || stride->number < 1 || stride->number > STRIDE_MAX)
        fail(parser, *stride->span, "%s", "a loop steps by a positive number");
    return (int)stride->number;
}

static Stmt *parse_for(Parser *parser)
{
    Stmt *loop = new_stmt(ST_FOR, parser->lexer.token.span);
    loop->comment = parser->lexer.token.comment;
    Scope *outer = parser->scope;
    expect(parser, "for");
    expect(parser, "(");
    expect(parser, "int");
    Span span = parser->lexer.token.span;
    const char *name = expect_name(parser);
    expect(parser, "=");
    loop->from = parse_limit(parser);
    expect(parser, ";");
    loop->symbol = new_symbol(SYM_LOOP, TYPE_INT, name, span);
    declare(parser, name, span, loop->symbol, NULL);
    if (!parser->failed && strcmp(expect_name(parser), name) != 0)
        fail(parser, span, "the loop's condition must begin with '%s'", name);
    bool inclusive = is(parser, "<="), down = is(parser, ">=");
    if (!accept(parser, "<=") && !accept(parser, ">="))
        expect(parser, "<");
    loop->to = parse_limit(parser);
    if (inclusive)
        loop->to = plus_one(loop->to);
    expect(parser, ";");
    loop->step = parse_stride(parser, name);
    if ((loop->step < 0) != down)
        fail(parser, span, "'%s' runs away from its limit", name);
    expect(parser, ")");
    loop->body = parse_block(parser);
    parser->scope = outer;
    return loop;
}

static Stmt *parse_declaration(Parser *parser, Type type)
{
    Stmt *stmt = new_stmt(ST_DECLARE, parser->lexer.token.span);
    stmt->comment = parser->lexer.token.comment;
    lex_next(&parser->lexer);
    Span span = parser->lexer.token.span;
    const char *name = expect_name(parser);
    expect(parser, "=");
    stmt->value = parse_conditional(parser);
    require(parser, stmt->value, type);
    expect(parser, ";");
    stmt->symbol = new_symbol(SYM_LOCAL, type, name, span);
    declare(parser, name, span, stmt->symbol, NULL);
    return stmt;
}

static void check_target(Parser *parser, const Expr *target)
{
    if (target->kind == EX_LOAD) {
        if (target->array->constant)
            fail(parser, *target->span, "'%s' is const", target->array->name);
        for (int i = 0; i < target->count; i++)
            if (reads_data(target->args[i]))
                fail(parser, *target->args[i]->span, "a subscript of '%s', which is written, depends on data",
                     target->array->name);
    } else if (target->kind != EX_NAME || !target->symbol || target->symbol->kind != SYM_LOCAL) {
        fail(parser, *target->span, "%s", "only an array element or a local variable can be assigned");
    }
}

static Expr *binary(ExprKind kind, Expr *left, Expr *right)
{
    Expr *expr = new_expr(kind, left->type, *right->span, 2);
    expr->args[0] = left;
    expr->args[1] = right;
    return expr;
}

/* `a -= b` is kept as a = a - b, and `a *= b` as a = a * b; only += is a statement of its own (a sum). */
static Stmt *parse_assignment(Parser *parser)
{
    Stmt *stmt = new_stmt(ST_ASSIGN, parser->lexer.token.span);
    stmt->comment = parser->lexer.token.comment;
    stmt->target = parse_name(parser);
    check_target(parser, stmt->target);
    if (stmt->target->kind == EX_NAME && stmt->target->symbol)
        stmt->target->symbol->assigned = true;
    bool minus = is(parser, "-="), times = is(parser, "*=");
    stmt->add = is(parser, "+=");
    if (stmt->add || minus || times)
        lex_next(&parser->lexer);
    else
        expect(parser, "=");
    stmt->value = parse_conditional(parser);
    require(parser, stmt->value, stmt->target->type);
    if (minus || times)
        stmt->value = binary(minus ? EX_SUB : EX_MUL, stmt->target, stmt->value);
    expect(parser, ";");
    return stmt;
}

static Stmt *parse_if(Parser *parser)
{
    Stmt *stmt = new_stmt(ST_IF, parser->lexer.token.span);
    stmt->comment = parser->lexer.token.comment;
    expect(parser, "if");
    expect(parser, "(");
    stmt->value = parse_conditional(parser);
    require(parser, stmt->value, TYPE_BOOL);
    expect(parser, ")");
    stmt->body = parse_block(parser);
    if (accept(parser, "else"))
        stmt->other = parse_block(parser);
    return stmt;
}

static Stmt *parse_statement(Parser *parser)
{
    if (is(parser, "for"))
        return parse_for(parser);
    if (is(parser, "if"))
        return parse_if(parser);
    if (is(parser, "{"))
        return parse_block(parser);
    if (is(parser, "int"))
        return parse_declaration(parser, TYPE_INT);
    if (is(parser, "float"))
        return parse_declaration(parser, TYPE_REAL);
    if (is(parser, "uint32_t"))
        return parse_declaration(parser, TYPE_KEY);
    return parse_assignment(parser);
}

/* ---- functions ---- */

/* An int parameter is a size, unless it is the running step of a schedule. */
static void parse_parameter(Parser *parser, Kernel *kernel)
{
    bool constant = accept(parser, "const");
    Span span = parser->lexer.token.span;
    Type type = TYPE_INT;
    if (accept(parser, "float"))
        type = TYPE_REAL;
    else if (accept(parser, "uint32_t"))
        type = TYPE_KEY;
    else if (!accept(parser, "int32_t"))
        expect(parser, "int");
    span = parser->lexer.token.span;
    const char *name = expect_name(parser);
    Parameter parameter = {0};
    if (is(parser, "[")) {
        Array *array = NEW(Array);
        *array = (Array){.name = name, .type = type, .constant = constant, .span = span};
        while (accept(parser, "[")) {
            Expr *dim = parse_limit(parser);
            if (array->rank == RANK_MAX)
                fail(parser, span, "'%s' has too many dimensions", name);
            else
                array->dims[array->rank++] = dim;
            expect(parser, "]");
        }
        parameter.array = array;
    } else {
        bool running = type == TYPE_INT && strcmp(name, "step") == 0;
        parameter.symbol = new_symbol(type == TYPE_INT && !running ? SYM_SIZE : SYM_KNOB, type, name, span);
    }
    declare(parser, name, span, parameter.symbol, parameter.array);
    kernel->parameters = push_grow(kernel->parameters, kernel->count, sizeof *kernel->parameters);
    kernel->parameters[kernel->count++] = parameter;
}

static Kernel *parse_kernel(Parser *parser, Template *template)
{
    Kernel *kernel = NEW(Kernel);
    expect(parser, "void");
    kernel->span = parser->lexer.token.span;
    kernel->name = expect_name(parser);
    kernel->template = template;
    kernel->summary = template->summary;
    expect(parser, "(");
    do
        parse_parameter(parser, kernel);
    while (!parser->failed && accept(parser, ","));
    expect(parser, ")");
    if (!is(parser, "{"))
        expect(parser, "{");
    if (!parser->failed)
        kernel->body = parse_block(parser);
    return kernel;
}

void parse_kernels(Template *template)
{
    Parser parser = {0};
    lex_start(&parser.lexer, (Span){template->source, 1, 1, 0}, template->source->text);
    while (!parser.failed && parser.lexer.token.kind != TOKEN_END) {
        parser.scope = NULL;
        Kernel *kernel = parse_kernel(&parser, template);
        if (!parser.failed)
            PUSH(template->kernel, template->kernels, kernel);
    }
}

Expr *parse_expression(Span span, const char *text)
{
    Parser parser = {.free_names = true};
    lex_start(&parser.lexer, span, text);
    Expr *expr = parse_conditional(&parser);
    if (!parser.failed && parser.lexer.token.kind != TOKEN_END)
        fail(&parser, parser.lexer.token.span, "unexpected '%s'", parser.lexer.token.text);
    return expr;
}
