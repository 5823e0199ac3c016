/* Makes the disk fail while a file named by STORE_TEST_FOLDER + "/eio" or "/enospc" is there. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int armed(const char *fault) {
  const char *folder = getenv("STORE_TEST_FOLDER");
  char path[4096];
  if (!folder) return 0;
  snprintf(path, sizeof path, "%s/%s", folder, fault);
  return syscall(SYS_access, path, F_OK) == 0;
}

static int fail(int error) {
  errno = error;
  return -1;
}

int fsync(int fd) { return armed("eio") ? fail(EIO) : (int)syscall(SYS_fsync, fd); }
int fdatasync(int fd) { return armed("eio") ? fail(EIO) : (int)syscall(SYS_fdatasync, fd); }

/* Pipes and event counters have no disk to be full. */
static int is_file(int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

ssize_t write(int fd, const void *data, size_t size) {
  return is_file(fd) && armed("enospc") ? fail(ENOSPC) : syscall(SYS_write, fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return armed("enospc") ? fail(ENOSPC) : syscall(SYS_pwrite64, fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return armed("enospc") ? fail(ENOSPC) : syscall(SYS_pwrite64, fd, data, size, at);
}
