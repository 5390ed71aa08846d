/* Layer:   switch_statement
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void switch_statement_forward(int N, int M, const float x[N][M], float y[N][M])
{
    switch (N) {}
}
