/* Where a connection comes from, as an IPv6 address; IPv4 is mapped. */
#ifndef READER_ADDRESS_H
#define READER_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#define ADDRESS_LEN 16

/* False: it is no internet address. */
bool address_of(const struct sockaddr *, unsigned char out[ADDRESS_LEN]);
/* As inet_pton takes it. */
bool address_parse(const char *, unsigned char out[ADDRESS_LEN]);
bool address_mapped(const unsigned char[ADDRESS_LEN]);
bool address_loopback(const unsigned char[ADDRESS_LEN]);

#endif
