#include "reader/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
static const unsigned char one[ADDRESS_LEN] = { [15] = 1 };

bool
address_of(const struct sockaddr *sa, unsigned char out[ADDRESS_LEN])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof in);
		memcpy(out, mapped, sizeof mapped);
		memcpy(out + sizeof mapped, &in.sin_addr, sizeof in.sin_addr);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&in6, sa, sizeof in6);
	memcpy(out, &in6.sin6_addr, ADDRESS_LEN);
	return true;
}

bool
address_parse(const char *text, unsigned char out[ADDRESS_LEN])
{
	if (inet_pton(AF_INET, text, out + sizeof mapped) == 1) {
		memcpy(out, mapped, sizeof mapped);
		return true;
	}
	return inet_pton(AF_INET6, text, out) == 1;
}

bool
address_mapped(const unsigned char a[ADDRESS_LEN])
{
	return memcmp(a, mapped, sizeof mapped) == 0;
}

bool
address_loopback(const unsigned char a[ADDRESS_LEN])
{
	return memcmp(a, one, sizeof one) == 0 ||
	    (address_mapped(a) && a[sizeof mapped] == IN_LOOPBACKNET);
}
