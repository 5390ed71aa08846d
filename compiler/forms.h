/* forms.h - what a choice of the spec picks out of its template. */
#ifndef NNC_FORMS_H
#define NNC_FORMS_H

#include "nnc.h"

bool form_condition(const Form *form, const Choice *choice);
/* The same for a condition on a size: `Form: channels M > 1`. */
bool form_size_condition(const Form *form, const Application *sizes);
/* A frozen layer whose form has functions for it runs in training as in prediction: nothing of it changes. */
bool form_is_fixed(const Form *form, const Layer *layer);
/* Where the spec names an input of a layer, or the layer where it names none. */
Span input_place(const Layer *layer, int i);
/* The form of an optimizer, schedule, clip, regularizer or initializer: the first whose condition holds. */
const Form *simple_form(const Choice *choice);
const Array *array_named(const Kernel *kernel, const char *name);
/* The same over all kernels of a form. */
const Array *form_array(const Form *form, const char *name);
/* Binds the integer attributes and the lengths of the lists. */
void choice_sizes(const Choice *choice, Application *sizes);
/* Sizes of an initializer's kernel for a weight: P is all elements, otherwise w's dimensions are matched. */
void initializer_sizes(const Kernel *kernel, const Choice *choice, const Weight *weight, Application *sizes);
/* The `Any:` line that this dimension of an array stands for, or NULL. */
const AnyTag *any_tag(const Template *template, const Expr *dim);
/* True if a state has dimensions of its own, false if it has an element for each parameter, [P]. */
bool state_is_fixed(const Form *form, const char *variable);
/* The array that a loss measures: the first that its forward function reads. */
const Array *loss_input(const Form *form);
/* `name`, or `name: value`, as if the spec had said it. */
Choice *choice_made(Library *library, Category category, const char *name, const char *value, Span span);
/* The shortest decimal text that is this double, always with a point or an exponent. */
const char *number_text(double number);

#endif
