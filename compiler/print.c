/* print.c - expressions, statements and kernels as C. What has lanes is printed with the functions of lanes.h, the
 * rest as plain C; a name that would be declared twice in a function gets a number. */
#include "print.h"
#include "expr.h"

#include <string.h>

enum { LINE_WIDTH = 116, UNARY = 8 }; /* columns; the binding strength of what needs no brackets */

typedef struct Printed_name {
    const Symbol *symbol; /* NULL: an array's */
    const char *base;     /* as the template has it */
    const char *text;     /* as it is printed: base, base_2, base_3, ... */
    int number;           /* 1, 2, 3, ... */
} Printed_name;

/* ---- names ---- */

static const char *name_of(Printer *printer, const Symbol *symbol)
{
    for (int i = printer->names - 1; i >= 0; i--)
        if (printer->name[i].symbol == symbol)
            return printer->name[i].text;
    return symbol->name;
}

/* Most differ at once. */
static bool same_name(const char *one, const char *other)
{
    return *one == *other && strcmp(one, other) == 0;
}

static bool taken(const Printer *printer, const char *text)
{
    for (int i = 0; i < printer->names; i++)
        if (same_name(printer->name[i].text, text))
            return true;
    return false;
}

static void add_name(Printer *printer, Printed_name name)
{
    printer->name = push_grow(printer->name, printer->names, sizeof(Printed_name));
    printer->name[printer->names++] = name;
}

/* The last number in scope that goes with a name. */
static int last_number(const Printer *printer, const char *base)
{
    for (int i = printer->names - 1; i >= 0; i--)
        if (same_name(printer->name[i].base, base))
            return printer->name[i].number;
    return 0;
}

/* The name that a symbol gets if it is declared here. */
static Printed_name free_name(const Printer *printer, const Symbol *symbol)
{
    int number = last_number(printer, symbol->name) + 1;
    const char *text = number == 1 ? symbol->name : format("%s_%d", symbol->name, number);
    while (taken(printer, text))
        text = format("%s_%d", symbol->name, ++number);
    return (Printed_name){symbol, symbol->name, text, number};
}

static const char *declare(Printer *printer, const Symbol *symbol)
{
    const Printed_name name = free_name(printer, symbol);
    add_name(printer, name);
    return name.text;
}

/* ---- expressions ---- */

static void print_expr(Printer *printer, const Expr *expr, int strength);

static int strength_of(const Expr *expr)
{
    switch (expr->kind) {
    case EX_COND:
        return expr->lanes && expr->args[0]->lanes ? UNARY : 0;
    case EX_NEG:
    case EX_NOT:
    case EX_CAST:
        return UNARY - 1;
#define X(name, sign, number)                                                                                          \
    case EX_##name:                                                                                                    \
        return number;
        OPERATORS(X)
#undef X
    default:
        return UNARY;
    }
}

static void say(Printer *printer, const char *word)
{
    text_add_word(printer->text, word);
}

static const char *sign_of(const Expr *expr)
{
    bool mask = expr->lanes && expr->type == TYPE_BOOL;
    if (mask && expr->kind == EX_AND)
        return "&";
    if (mask && expr->kind == EX_OR)
        return "|";
    switch (expr->kind) {
#define X(name, sign, number)                                                                                          \
    case EX_##name:                                                                                                    \
        return sign;
        OPERATORS(X)
#undef X
    default:
        return "?";
    }
}

/* The runtime's name of what has lanes: nnc_load, and nnc8_load for eight of them beside sixteen. */
static const char *lane_word(const Printer *printer, const char *word)
{
    return printer->eight ? format("nnc8_%s", word + strlen("nnc_")) : word;
}

/* As a vector: what has no lanes of its own is the same in all. What is true is 1, but in a mask -1. */
static void print_lanes(Printer *printer, const Expr *expr)
{
    if (expr->lanes) {
        print_expr(printer, expr, 0);
        return;
    }
    bool mask = expr->type == TYPE_BOOL;
    const char *name = lane_word(printer, expr->type == TYPE_REAL ? "nnc_splat" : "nnc_isplat");
    text_add(printer->text, "%s(%s", name, mask ? "-" : "");
    print_expr(printer, expr, mask ? UNARY : 0);
    say(printer, ")");
}

static void print_subscripted(Printer *printer, const char *name, const Expr *expr, int count)
{
    say(printer, name);
    for (int i = 0; i < count; i++) {
        say(printer, "[");
        print_expr(printer, expr->args[i], 0);
        say(printer, "]");
    }
}

static void print_element(Printer *printer, const Expr *load)
{
    print_subscripted(printer, load->array->name, load, load->count);
}

/* Of a vector's first number. Where only a part of it is there, gcc 12 is sure that &x[n][6] reaches behind rows of 7,
 * and says nothing of x[n] + 6. */
static void print_address(Printer *printer, const Expr *load)
{
    if (!load->part) {
        say(printer, "&");
        print_element(printer, load);
        return;
    }
    const Expr *last = load->args[load->count - 1];
    print_subscripted(printer, load->array->name, load, load->count - 1);
    if (!is_int(last, 0)) {
        say(printer, " + ");
        print_expr(printer, last, 5);
    }
}

static void print_load(Printer *printer, const Expr *load)
{
    const bool half = load->array->half;
    if (!load->lanes) {
        say(printer, half ? "nnc_half(" : "");
        print_element(printer, load);
        say(printer, half ? ")" : "");
        return;
    }
    const char *name = half ? "nnc_hload" : load->type == TYPE_REAL ? "nnc_load" : "nnc_iload";
    text_add(printer->text, "%s%s(", lane_word(printer, name), load->part ? "_part" : "");
    print_address(printer, load);
    if (load->part)
        text_add(printer->text, ", %d", load->part);
    say(printer, ")");
}

static void print_call(Printer *printer, const Expr *call)
{
    const Function *function = call->function;
    const char *name = call->lanes        ? lane_word(printer, function->lanes)
                       : printer->float64 ? function->scalar64
                                          : function->scalar32;
    if (printer->branches && function->kinked)
        name = format("nnc_kink_%.*s", (int)strlen(function->name) - 1, function->name);
    text_add(printer->text, "%s(", name);
    for (int i = 0; i < call->count; i++) {
        const Expr *argument = call->args[i];
        bool index = function->types[i] == TYPE_INT;
        say(printer, i ? ", " : "");
        if (call->lanes && function->types[i] != TYPE_KEY)
            print_lanes(printer, argument);
        else if (index) {
            say(printer, "(uint32_t)");
            print_expr(printer, argument, UNARY);
        } else
            print_expr(printer, argument, 0);
    }
    say(printer, ")");
}

static void print_list(Printer *printer, const char *name, const Expr *expr, bool lanes)
{
    text_add(printer->text, "%s(", name);
    for (int i = 0; i < expr->count; i++) {
        say(printer, i ? ", " : "");
        if (lanes)
            print_lanes(printer, expr->args[i]);
        else
            print_expr(printer, expr->args[i], 0);
    }
    say(printer, ")");
}

static void print_condition(Printer *printer, const Expr *expr)
{
    if (expr->lanes && expr->args[0]->lanes) {
        print_list(printer, lane_word(printer, expr->type == TYPE_REAL ? "nnc_select" : "nnc_iselect"), expr, true);
        return;
    }
    bool kink = printer->branches && expr->type == TYPE_REAL;
    say(printer, kink ? "nnc_branch(" : "");
    print_expr(printer, expr->args[0], kink ? 0 : 1);
    say(printer, kink ? ") ? " : " ? ");
    for (int i = 1; i < 3; i++) {
        if (expr->lanes)
            print_lanes(printer, expr->args[i]);
        else
            print_expr(printer, expr->args[i], 0);
        text_add(printer->text, i == 1 ? " : " : "");
    }
}

static void print_binary(Printer *printer, const Expr *expr)
{
    int strength = strength_of(expr);
    /* a < b < c, a == b == c and a && b || c are bracketed for the reader and for -Wparentheses */
    int inner = expr->kind <= EX_GE && expr->kind >= EX_OR ? 5 : strength;
    if ((expr->kind == EX_AND || expr->kind == EX_OR) && !expr->lanes)
        inner = 3;
    bool vector = expr->lanes;
    const Expr *left = expr->args[0], *right = expr->args[1];
    if (vector && !left->lanes)
        print_lanes(printer, left);
    else
        print_expr(printer, left, inner);
    text_add(printer->text, " %s ", sign_of(expr));
    if (vector && !right->lanes)
        print_lanes(printer, right);
    else
        print_expr(printer, right, inner + (expr->kind >= EX_ADD));
}

static void print_real(Printer *printer, const char *text)
{
    text_add(printer->text, "%s%s", text, printer->float64 ? "" : "f");
}

static void print_fold(Printer *printer, const Expr *fold)
{
    text_add(printer->text, "%s(", lane_word(printer, fold->part ? "nnc_fold_part" : "nnc_fold"));
    print_expr(printer, fold->args[0], 0);
    say(printer, ", ");
    print_lanes(printer, fold->args[1]);
    if (fold->part)
        text_add(printer->text, ", %d", fold->part);
    say(printer, ")");
}

static void print_bare(Printer *printer, const Expr *expr)
{
    switch (expr->kind) {
    case EX_INT:
        text_add_number(printer->text, expr->number);
        return;
    case EX_REAL:
        print_real(printer, expr->text);
        return;
    case EX_NAME:
        say(printer, name_of(printer, expr->symbol));
        return;
    case EX_ELEMENT:
        print_subscripted(printer, name_of(printer, expr->symbol), expr, expr->count);
        return;
    case EX_IOTA:
        text_add(printer->text, "%s()", lane_word(printer, "nnc_iota"));
        return;
    case EX_LOAD:
        print_load(printer, expr);
        return;
    case EX_NEG:
        say(printer, "-");
        print_expr(printer, expr->args[0], UNARY);
        return;
    case EX_NOT:
        say(printer, expr->lanes ? "~" : "!");
        print_expr(printer, expr->args[0], UNARY);
        return;
    case EX_CAST:
        if (expr->lanes) {
            print_list(printer, lane_word(printer, "nnc_vreal"), expr, true);
            return;
        }
        text_add(printer->text, "(%s)", expr->type == TYPE_INT ? "int" : printer->float64 ? "double" : "float");
        print_expr(printer, expr->args[0], UNARY);
        return;
    case EX_CALL:
        print_call(printer, expr);
        return;
    case EX_FOLD:
        print_fold(printer, expr);
        return;
    case EX_FMA:
        print_list(printer,
                   expr->lanes        ? lane_word(printer, "nnc_vfma")
                   : printer->float64 ? "nnc_fma"
                                      : "nnc_fmaf",
                   expr, expr->lanes);
        return;
    case EX_COND:
        print_condition(printer, expr);
        return;
    default:
        print_binary(printer, expr);
        return;
    }
}

static void print_expr(Printer *printer, const Expr *expr, int strength)
{
    bool brackets = strength_of(expr) < strength;
    if (brackets)
        say(printer, "(");
    print_bare(printer, expr);
    if (brackets)
        say(printer, ")");
}

/* ---- statements ---- */

static void start_line(Printer *printer)
{
    for (int i = 0; i < printer->indent; i++)
        say(printer, "    ");
}

static const char *type_text(const Printer *printer, const Symbol *symbol)
{
    if (symbol->lanes)
        return lane_word(printer, symbol->type == TYPE_REAL ? "nnc_vec" : "nnc_ivec");
    if (symbol->type == TYPE_KEY)
        return "uint32_t";
    if (symbol->type == TYPE_INT && symbol->kind == SYM_KNOB)
        return "int32_t";
    return symbol->type == TYPE_INT ? "int" : printer->float64 ? "double" : "float";
}

static void print_stmt(Printer *printer, const Stmt *stmt);

static void print_block(Printer *printer, const Stmt *block)
{
    int names = printer->names;
    say(printer, "{\n");
    printer->indent++;
    for (int i = 0; i < block->count; i++)
        print_stmt(printer, block->items[i]);
    printer->indent--;
    start_line(printer);
    say(printer, "}");
    printer->names = names;
}

/* What makes threads of a loop: in lines of their own, above it. */
static void print_directive(Printer *printer, const Stmt *loop)
{
    const char *parallel = printer->team ? "" : " parallel";
    Text words = {0};
    if (loop->shared)
        text_add(&words, "omp%s for", parallel);
    else if (loop->team && !printer->team)
        text_add(&words, "omp parallel");
    if (loop->shared > 1)
        text_add(&words, " collapse(%d)", loop->shared);
    if (loop->nowait)
        text_add(&words, " schedule(static) nowait"); /* static: the same iterations each time */
    if (!words.length)
        return;
    start_line(printer);
    text_add(printer->text, "NNC_PRAGMA(%s)\n", words.bytes);
}

static void print_for(Printer *printer, const Stmt *stmt)
{
    const bool team = printer->team;
    printer->team |= stmt->team;
    int names = printer->names;
    const char *name = declare(printer, stmt->symbol);
    if (stmt->unroll) {
        say(printer, "NNC_UNROLL\n");
        start_line(printer);
    }
    text_add(printer->text, "for (int %s = ", name);
    print_expr(printer, stmt->from, 0);
    text_add(printer->text, "; %s %s ", name, stmt->step < 0 ? ">=" : "<");
    print_expr(printer, stmt->to, 5);
    if (stmt->step == 1 || stmt->step == -1)
        text_add(printer->text, "; %s%s) ", name, stmt->step > 0 ? "++" : "--");
    else
        text_add(printer->text, "; %s += %d) ", name, stmt->step);
    print_block(printer, stmt->body);
    printer->names = names;
    printer->team = team;
}

static void print_store(Printer *printer, const Stmt *stmt)
{
    const Expr *target = stmt->target;
    const char *name = target->type == TYPE_REAL ? "nnc_store" : "nnc_istore";
    text_add(printer->text, "%s%s(", lane_word(printer, name), target->part ? "_part" : "");
    print_address(printer, target);
    say(printer, ", ");
    if (stmt->add) {
        print_load(printer, target);
        say(printer, " + ");
        print_expr(printer, stmt->value, 6); /* a + (b - c), not a + b - c */
    } else {
        print_lanes(printer, stmt->value);
    }
    if (target->part)
        text_add(printer->text, ", %d", target->part);
    say(printer, ");\n");
}

static void print_assign(Printer *printer, const Stmt *stmt)
{
    if (stmt->target->kind == EX_LOAD && stmt->target->lanes) {
        print_store(printer, stmt);
        return;
    }
    print_expr(printer, stmt->target, 0);
    say(printer, stmt->add ? " += " : " = ");
    if (stmt->target->lanes && !stmt->value->lanes)
        print_lanes(printer, stmt->value);
    else
        print_expr(printer, stmt->value, 0);
    say(printer, ";\n");
}

static void print_if(Printer *printer, const Stmt *stmt)
{
    say(printer, printer->branches ? "if (nnc_branch(" : "if (");
    print_expr(printer, stmt->value, 0);
    say(printer, printer->branches ? ")) " : ") ");
    print_block(printer, stmt->body);
    if (stmt->other) {
        say(printer, " else ");
        print_block(printer, stmt->other);
    }
    say(printer, "\n");
}

static void print_registers(Printer *printer, const Symbol *symbol)
{
    const char *type = type_text(printer, symbol);
    text_add(printer->text, "%s %s", type, declare(printer, symbol));
    for (int i = 0; i < symbol->rank; i++)
        text_add(printer->text, "[%d]", symbol->dims[i]);
    say(printer, ";\n");
}

/* In its value its own name is not in scope yet. */
static void print_declaration(Printer *printer, const Stmt *stmt)
{
    const Symbol *symbol = stmt->symbol;
    const Printed_name name = free_name(printer, symbol);
    say(printer, type_text(printer, symbol));
    say(printer, " ");
    say(printer, name.text);
    say(printer, " = ");
    if (symbol->lanes)
        print_lanes(printer, stmt->value);
    else
        print_expr(printer, stmt->value, 0);
    say(printer, ";\n");
    add_name(printer, name);
}

static void print_stmt(Printer *printer, const Stmt *stmt)
{
    if (stmt->comment) {
        start_line(printer);
        text_add(printer->text, "/* %s */\n", stmt->comment);
    }
    if (stmt->kind == ST_FOR)
        print_directive(printer, stmt);
    if (stmt->kind != ST_BLOCK)
        start_line(printer);
    switch (stmt->kind) {
    case ST_BLOCK:
        for (int i = 0; i < stmt->count; i++)
            print_stmt(printer, stmt->items[i]);
        return;
    case ST_FOR:
        print_for(printer, stmt);
        say(printer, "\n");
        return;
    case ST_DECLARE:
        if (stmt->symbol->rank) {
            print_registers(printer, stmt->symbol);
            return;
        }
        print_declaration(printer, stmt);
        return;
    case ST_ASSIGN:
        print_assign(printer, stmt);
        return;
    case ST_IF:
        print_if(printer, stmt);
        return;
    case ST_PREFETCH:
        say(printer, "nnc_prefetch(");
        print_address(printer, stmt->value);
        say(printer, ", ");
        print_expr(printer, stmt->from, 0);
        say(printer, ");\n");
        return;
    }
}

/* ---- long lines ---- */

/* Where a line is best broken: behind the last comma or before the last operator that ends by LINE_WIDTH. */
static size_t break_at(const char *line, size_t indent)
{
    size_t best = 0;
    for (size_t i = indent + 20; i < LINE_WIDTH && line[i]; i++)
        if (line[i] == ' ' && (line[i - 1] == ',' || line[i - 1] == ';' ||
                               (strchr("+-*/?:&|<>=", line[i + 1]) && strchr(" &|=", line[i + 2]))))
            best = i;
    return best;
}

static bool is_whole(const char *line, size_t length)
{
    if (length <= LINE_WIDTH + 4 || *line == '#')
        return true;
    return strncmp(line + strspn(line, " "), "/*", 2) == 0;
}

static void wrap_line(Text *text, const char *line, size_t length)
{
    size_t indent = strspn(line, " ");
    const char *rest = format("%.*s", (int)length, line);
    while (strlen(rest) > LINE_WIDTH + 4) {
        size_t at = break_at(rest, indent);
        if (!at)
            break;
        text_add(text, "%.*s\n", (int)at, rest);
        rest = format("%*s%s", (int)indent + 4, "", rest + at + 1);
        indent = strspn(rest, " ") - 4;
    }
    text_add(text, "%s\n", rest);
}

/* Most lines are short, and are copied many at a time. */
void print_wrapped(Text *text, const char *lines)
{
    const char *line = lines, *copied = lines;
    for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
        if (is_whole(line, (size_t)(end - line)))
            continue;
        text_add_bytes(text, copied, (size_t)(line - copied));
        wrap_line(text, line, (size_t)(end - line));
        copied = end + 1;
    }
    text_add_word(text, copied);
}

/* ---- kernels ---- */

void print_array(Text *text, const Array *array, bool float64)
{
    const char *type = array->type == TYPE_INT ? "int32_t" : array->half ? "uint16_t" : float64 ? "double" : "float";
    text_add(text, "%s%s %s", array->constant ? "const " : "", type, array->name);
    for (int i = 0; i < array->rank; i++)
        text_add(text, "[%s%lld]", array->alone && i == 0 ? "NNC_RESTRICT " : "", array->dims[i]->number);
}

Printer print_parameters(Text *signature, const Kernel *kernel, bool float64, bool branches)
{
    Printer printer = {.float64 = float64, .branches = branches, .eight = kernel->eight};
    for (int i = 0; i < kernel->count; i++) {
        const Parameter *parameter = &kernel->parameters[i];
        text_add(signature, i ? "\n" : "");
        if (parameter->array) {
            print_array(signature, parameter->array, float64);
            add_name(&printer, (Printed_name){NULL, parameter->array->name, parameter->array->name, 1});
        } else {
            const char *name = declare(&printer, parameter->symbol);
            text_add(signature, "%s %s", type_text(&printer, parameter->symbol), name);
        }
    }
    text_add(signature, kernel->count ? "" : "void");
    return printer;
}

void print_function_body(Printer *printer, Text *text, const Kernel *kernel)
{
    printer->text = text;
    print_block(printer, kernel->body);
    say(printer, "\n");
}

void print_body(Text *text, const Kernel *kernel)
{
    Text signature = {0};
    Printer printer = print_parameters(&signature, kernel, false, false);
    print_function_body(&printer, text, kernel);
}
