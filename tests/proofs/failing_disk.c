/* A disk on which one write fails: preloaded into a program, it counts what is written beneath a folder.

   GUICHET_DISK    the folder; everything outside is left alone
   GUICHET_FAILS   "7 5 once": the 7th call fails with error number 5; "7 28 on": the 7th and all after it
   GUICHET_WRITES  a file that gets a line for each call
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long calls;

static ssize_t really_write(int file, const void *from, size_t size) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    return real(file, from, size);
}

static void note(const char *call, const char *path) {
    const char *name = getenv("GUICHET_WRITES");
    char line[4400];
    int log, length;
    if (!name || (log = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0)
        return;
    length = snprintf(line, sizeof line, "%s %s\n", call, path);
    really_write(log, line, (size_t)length);
    close(log);
}

/* Say whether this call is to fail, with errno set. */
static int fails(int file, const char *call) {
    const char *folder = getenv("GUICHET_DISK"), *asked = getenv("GUICHET_FAILS");
    char link[64], path[4096], how[8] = "";
    long number, nth = 0;
    int error = 0;
    ssize_t length;
    if (!folder)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if ((length = readlink(link, path, sizeof path - 1)) < 0)
        return 0;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder)))
        return 0;
    number = __sync_add_and_fetch(&calls, 1);
    note(call, path + strlen(folder));
    if (!asked || sscanf(asked, "%ld %d %7s", &nth, &error, how) != 3)
        return 0;
    if (number != nth && !(number > nth && !strcmp(how, "on")))
        return 0;
    errno = error;
    return 1;
}

ssize_t write(int file, const void *from, size_t size) {
    return fails(file, "write") ? -1 : really_write(file, from, size);
}

#define PWRITE(name, offset)                                                      \
    ssize_t name(int file, const void *from, size_t size, offset at) {            \
        ssize_t (*real)(int, const void *, size_t, offset) = dlsym(RTLD_NEXT, #name); \
        return fails(file, #name) ? -1 : real(file, from, size, at);              \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, offset)                                                    \
    int name(int file, offset size) {                                             \
        int (*real)(int, offset) = dlsym(RTLD_NEXT, #name);                       \
        return fails(file, #name) ? -1 : real(file, size);                        \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                                \
    int name(int file) {                                                          \
        int (*real)(int) = dlsym(RTLD_NEXT, #name);                               \
        return fails(file, #name) ? -1 : real(file);                              \
    }
SYNC(fsync)
SYNC(fdatasync)
