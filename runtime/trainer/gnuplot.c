/* gnuplot.c - starts gnuplot, and feeds it. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "gnuplot.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Is the program in $PATH? */
static bool is_installed(const char *program)
{
    const char *path = getenv("PATH");
    char file[4096];
    while (path != NULL && *path != 0) {
        size_t length = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", (int)length, path, program);
        if (access(file, X_OK) == 0)
            return true;
        path += length + (path[length] == ':');
    }
    return false;
}

void gnuplot_check(Context *context, const char *path)
{
    size_t length = strlen(path);
    if (length < 5 || (strcmp(path + length - 4, ".png") != 0 && strcmp(path + length - 4, ".svg") != 0))
        context_fail(context, "%s: error: a plot's name ends in .png or .svg", path);
    file_check_writable(context, path);
    if (!is_installed("gnuplot"))
        context_fail(context,
                     "%s: error: plots are drawn by gnuplot, which is not installed (Debian: apt-get install "
                     "gnuplot-nox)",
                     path);
}

static _Noreturn void become_gnuplot(int input)
{
    int silence = open("/dev/null", O_WRONLY);
    dup2(input, STDIN_FILENO);
    dup2(silence, STDOUT_FILENO);
    execlp("gnuplot", "gnuplot", "-", (char *)NULL);
    _exit(127);
}

/* A gnuplot that dies early must not take this program along: SIGPIPE is set aside while it reads. */
static bool feed(int output, const char *text, size_t length)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before);
    while (length > 0) {
        ssize_t done = write(output, text, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            break;
        text += done;
        length -= (size_t)done;
    }
    close(output);
    sigaction(SIGPIPE, &before, NULL);
    return length == 0;
}

static bool run_gnuplot(const char *text, size_t length)
{
    int pipes[2];
    if (pipe(pipes) != 0)
        return false;
    fcntl(pipes[1], F_SETFD, FD_CLOEXEC);
    pid_t child = fork();
    if (child == 0)
        become_gnuplot(pipes[0]);
    close(pipes[0]);
    bool fed = child > 0 && feed(pipes[1], text, length);
    int status = 1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return fed && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void print_terminal(FILE *script, const char *path, const char *part, int width)
{
    bool svg = strcmp(path + strlen(path) - 4, ".svg") == 0;
    fprintf(script, "set terminal %s size %d,480 font \"DejaVu Sans,%d\" background rgb \"white\"\nset output '",
            svg ? "svg" : "pngcairo", width, svg ? 13 : 11);
    for (const char *c = part; *c != 0; c++)
        fprintf(script, *c == '\'' ? "''" : "%c", *c);
    fprintf(script, "'\n");
}

void gnuplot_draw(Context *context, const char *path, int width, Gnuplot_script *print, const void *what)
{
    const char *part = file_part(context, path);
    char *text = NULL;
    size_t length = 0;
    FILE *script = open_memstream(&text, &length);
    if (script == NULL)
        context_fail(context, "%s: error: out of memory", path);
    print_terminal(script, path, part, width);
    print(script, what);
    fprintf(script, "unset output\n");
    fclose(script);
    context_adopt(context, text, free);
    context->temporary = part;
    if (!run_gnuplot(text, length))
        context_fail(context, "%s: error: gnuplot could not draw it", path);
    context->temporary = NULL;
    file_commit(context, part, path);
}
