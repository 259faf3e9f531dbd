/* A certificate that signs itself, for the gateway: made here, shown here. */
#ifndef CLI_CERTIFICATE_H
#define CLI_CERTIFICATE_H

#include "lib/buf.h"

#define CERTIFICATE_NAMES_MAX 32

/* A DNS name, or an IPv4 or IPv6 address. */
bool certificate_name(struct view);
/* P-256, ten years, for localhost and the names (certificate_name each); appends PEM. */
enum err certificate_make(
    char *const names[], size_t n, struct buf *cert, struct buf *key);
/* What people compare and want to know of the first one in a PEM file: appends
 * AA:BB:...; the names, with ", " between; the last day as 2036-11-20. ERR_SYNTAX: it is no
 * certificate. */
enum err certificate_show(
    struct view pem, struct buf *fingerprint, struct buf *names, struct buf *until);

#endif
