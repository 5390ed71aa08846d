/* sizes.c - integer expressions over known sizes. */
#include "sizes.h"

#include <string.h>

const Binding *binding_find(const Application *sizes, const char *name)
{
    for (int i = 0; i < sizes->bindings; i++)
        if (strcmp(sizes->binding[i].name, name) == 0)
            return &sizes->binding[i];
    return NULL;
}

void binding_add(Application *sizes, const char *name, long long value, Span span)
{
    sizes->binding = push_grow(sizes->binding, sizes->bindings, sizeof(Binding));
    sizes->binding[sizes->bindings++] = (Binding){.name = name, .value = value, .span = span};
}

bool is_size(const Expr *expr, const char *name)
{
    return expr->kind == EX_NAME && strcmp(expr->symbol->name, name) == 0;
}

bool operate(ExprKind kind, long long left, long long right, long long *value)
{
    const long long limit = 1LL << 62;
    bool overflow = false;
    switch (kind) {
    case EX_OR:
        *value = left || right;
        break;
    case EX_AND:
        *value = left && right;
        break;
    case EX_EQ:
        *value = left == right;
        break;
    case EX_NE:
        *value = left != right;
        break;
    case EX_LT:
        *value = left < right;
        break;
    case EX_LE:
        *value = left <= right;
        break;
    case EX_GT:
        *value = left > right;
        break;
    case EX_GE:
        *value = left >= right;
        break;
    case EX_ADD:
        overflow = __builtin_add_overflow(left, right, value);
        break;
    case EX_SUB:
        overflow = __builtin_sub_overflow(left, right, value);
        break;
    case EX_MUL:
        overflow = __builtin_mul_overflow(left, right, value);
        break;
    case EX_DIV:
    case EX_MOD:
        if (right == 0)
            return false;
        *value = kind == EX_DIV ? left / right : left % right;
        break;
    default:
        return false;
    }
    return !overflow && *value<limit && * value> - limit;
}

bool size_value(const Expr *expr, const Application *sizes, long long *value)
{
    long long a, b;
    if (expr->kind == EX_INT) {
        *value = expr->number;
        return true;
    }
    if (expr->kind == EX_NAME) {
        const Binding *binding = binding_find(sizes, expr->symbol->name);
        if (binding)
            *value = binding->value;
        return binding != NULL;
    }
    if (expr->kind == EX_COND)
        return size_value(expr->args[0], sizes, &a) && size_value(expr->args[a ? 1 : 2], sizes, value);
    if (expr->count == 1 && size_value(expr->args[0], sizes, &a)) {
        *value = expr->kind == EX_NEG ? -a : expr->kind == EX_NOT ? !a : a;
        return true;
    }
    return expr->count == 2 && size_value(expr->args[0], sizes, &a) && size_value(expr->args[1], sizes, &b) &&
           operate(expr->kind, a, b, value);
}

long long shape_elements(const Shape *shape)
{
    long long elements = 1;
    for (int i = 0; i < shape->rank; i++)
        if (__builtin_mul_overflow(elements, (long long)shape->dims[i], &elements))
            return INT64_MAX;
    return elements;
}

const char *shape_text(const Shape *shape)
{
    Text text = {0};
    text_add(&text, "[");
    for (int i = 0; i < shape->rank; i++)
        text_add(&text, "%s%d", i ? ", " : "", shape->dims[i]);
    text_add(&text, "]");
    return text.bytes;
}
