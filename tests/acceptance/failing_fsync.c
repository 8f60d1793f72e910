/* Loaded before the C library: the fsync or fdatasync number FAIL_FSYNC_AT of the process fails as on a broken disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(void) {
    static int seen;
    const char *at = getenv("FAIL_FSYNC_AT");
    if (at == NULL || ++seen != atoi(at))
        return 0;
    (void)!write(2, "fsync failed here\n", 18);
    errno = EIO;
    return 1;
}

int fsync(int file) {
    static int (*real)(int);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    return fails() ? -1 : real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return fails() ? -1 : real(file);
}
