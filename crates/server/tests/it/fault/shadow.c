/* Keeps a second copy of only what a program has flushed, so that a test can take away the rest.
 *
 * Preloaded into the server. On fsync or fdatasync of a file its bytes are copied to
 * $SHADOW/inode/<inode>; of a directory, its list of (kind, inode, name) to $SHADOW/dir/<inode>.
 * After SIGKILL the test rebuilds the tree from the root's list: a file that was never flushed comes
 * back empty, a name whose directory was not flushed does not come back. That is the strictest state
 * a power cut may leave.
 *
 * SHADOW_CUT=n   kill the process right after flush number n
 * SHADOW_STEP=n  kill the process right before call number n of write, pwrite, rename, link, unlink,
 *                fsync, fdatasync, ftruncate (a crash between any two steps, not a power cut)
 * SHADOW_FORGET=blobs|wal  lie about these files: report success, keep nothing. What a server that
 *                does not flush them would do; the test must then see loss.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long flushes;
static atomic_long steps;

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

static long number(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

static void step(void) {
    static atomic_long at = -1;
    long stop = atomic_load(&at);
    if (stop < 0) {
        stop = number("SHADOW_STEP");
        atomic_store(&at, stop);
    }
    if (stop > 0 && atomic_fetch_add(&steps, 1) + 1 == stop) kill(getpid(), SIGKILL);
}

static int forgotten(int fd) {
    const char *what = getenv("SHADOW_FORGET");
    if (!what) return 0;
    char link[64], path[PATH_MAX + 1];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strcmp(what, "blobs")) return strstr(path, "/blobs/") != NULL;
    return strstr(path, "weir.sqlite-wal") != NULL;
}

static void copy_file(int fd, const char *to) {
    char buffer[1 << 16];
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0) return;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int in = open(link, O_RDONLY);
    ssize_t (*put)(int, const void *, size_t) = REAL("write", ssize_t (*)(int, const void *, size_t));
    for (ssize_t n; in >= 0 && (n = read(in, buffer, sizeof buffer)) > 0;)
        if (put(out, buffer, (size_t)n) != n) break;
    if (in >= 0) close(in);
    close(out);
}

static void copy_names(int fd, const char *to) {
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    FILE *out = fopen(to, "w");
    for (struct dirent *entry; dir && out && (entry = readdir(dir));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        fprintf(out, "%c %lu %s\n", entry->d_type == DT_DIR ? 'd' : 'f', (unsigned long)entry->d_ino, entry->d_name);
    }
    if (out) fclose(out);
    if (dir) closedir(dir);
}

static void keep(int fd) {
    const char *shadow = getenv("SHADOW");
    struct stat st;
    if (!shadow || fstat(fd, &st)) return;
    char fresh[PATH_MAX], final[PATH_MAX];
    const char *kind = S_ISDIR(st.st_mode) ? "dir" : "inode";
    snprintf(final, sizeof final, "%s/%s/%lu", shadow, kind, (unsigned long)st.st_ino);
    snprintf(fresh, sizeof fresh, "%s/%s/.new", shadow, kind);
    if (S_ISDIR(st.st_mode)) copy_names(fd, fresh);
    else copy_file(fd, fresh);
    REAL("rename", int (*)(const char *, const char *))(fresh, final);
}

static int flush(const char *name, int fd) {
    step();
    int result = REAL(name, int (*)(int))(fd);
    if (result) return result;
    pthread_mutex_lock(&lock);
    if (!forgotten(fd)) keep(fd);
    flushes++;
    if (flushes == number("SHADOW_CUT")) kill(getpid(), SIGKILL);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return flush("fsync", fd); }
int fdatasync(int fd) { return flush("fdatasync", fd); }

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    step();
    return REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t))(fd, bytes, n, at);
}
ssize_t writev(int fd, const struct iovec *parts, int n) {
    step();
    return REAL("writev", ssize_t (*)(int, const struct iovec *, int))(fd, parts, n);
}
ssize_t write(int fd, const void *bytes, size_t n) {
    step();
    return REAL("write", ssize_t (*)(int, const void *, size_t))(fd, bytes, n);
}
int rename(const char *from, const char *to) {
    step();
    return REAL("rename", int (*)(const char *, const char *))(from, to);
}
int link(const char *from, const char *to) {
    step();
    return REAL("link", int (*)(const char *, const char *))(from, to);
}
int unlink(const char *path) {
    step();
    return REAL("unlink", int (*)(const char *))(path);
}
int ftruncate64(int fd, off64_t length) {
    step();
    return REAL("ftruncate64", int (*)(int, off64_t))(fd, length);
}
