/* Layer:   comment_never_ends
 * Summary: no end
void comment_never_ends_forward(int N, int M, const float x[N][M], float y[N][M])
{
}
