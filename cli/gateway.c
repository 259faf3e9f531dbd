/* gateway: where newsreaders connect, and the certificate that they see. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/certificate.h"
#include "cli/cmd.h"
#include "cli/say.h"
#include "lib/conf.h"
#include "lib/fs.h"
#include "lib/limits.h"
#include "lib/log.h"

#define PEM_MAX (256u << 10)
#define TEXT_MAX (16u << 10)

struct shown {
	struct buf fingerprint, names, until;
};

/* ERR_NOTFOUND: there is no certificate. */
static enum err
look(const struct node *n, struct shown *s)
{
	struct buf pem = BUF_INIT(PEM_MAX);
	enum err e = fs_read(NODE_PATH(n, "gateway/cert.pem"), &pem);

	if (e == ERR_OK)
		e = certificate_show(
		    buf_view(&pem), &s->fingerprint, &s->names, &s->until);
	buf_release(&pem);
	return e;
}

static void
print_address(bool machine, const char *key, struct view v)
{
	if (machine)
		printf("%s=%.*s\n", key, (int)v.len, (const char *)v.p);
	else
		printf("%-12s %.*s\n", key, (int)v.len, (const char *)v.p);
}

static void
print_listening(const struct node *n, bool machine)
{
	struct view rest = buf_view(&n->conf);
	struct conf_line line;
	unsigned number = 0;
	enum err e;

	if (!conf_has(rest, "listen"))
		print_address(machine, "listen", VIEW_LIT("127.0.0.1:1119"));
	while (conf_next(&rest, &number, &line, &e))
		if (view_eqs(line.key, "listen"))
			print_address(machine, "listen", line.value);
		else if (view_eqs(line.key, "listen-tls"))
			print_address(machine, "listen-tls", line.value);
}

static void
print_certificate(const struct shown *s, bool machine)
{
	const char *fingerprint = (const char *)s->fingerprint.p;
	const char *until = (const char *)s->until.p, *names = (const char *)s->names.p;
	int f = (int)s->fingerprint.len, u = (int)s->until.len, n = (int)s->names.len;

	if (machine)
		printf("fingerprint=%.*s\nuntil=%.*s\nnames=\"%.*s\"\n", f, fingerprint,
		    u, until, n, names);
	else
		printf("fingerprint  %.*s\n"
		       "             (SHA-256 of the certificate, which ends %.*s)\n"
		       "names        %.*s\n",
		    f, fingerprint, u, until, n, names);
}

static int
show(struct call *call)
{
	bool machine = command_has(call->cmd, OPT_MACHINE);
	struct shown s = { BUF_INIT(256), BUF_INIT(TEXT_MAX), BUF_INIT(32) };
	enum err e = look(&call->node, &s);
	int code = DONE;

	print_listening(&call->node, machine);
	if (e == ERR_OK)
		print_certificate(&s, machine);
	else if (e != ERR_NOTFOUND)
		code = say_failed("gateway: %s/gateway/cert.pem: %s", call->node.dir,
		    e == ERR_SYNTAX ? "it is no certificate in PEM form" : say_why(e));
	else if (!machine)
		puts("No certificate: connections are in the clear. `hearsay gateway "
		     "certificate` makes one.");
	buf_release(&s.fingerprint);
	buf_release(&s.names);
	buf_release(&s.until);
	return code;
}

/* The key first: a certificate without its key would stop the gateway. */
static int
make(struct call *call, char *const names[], size_t n)
{
	struct buf cert = BUF_INIT(PEM_MAX), key = BUF_INIT(PEM_MAX);
	enum err e = certificate_make(names, n, &cert, &key);

	if (e == ERR_OK)
		e = fs_mkdir(NODE_PATH(&call->node, "gateway"), 0700);
	if (e == ERR_OK)
		e = fs_write_atomic(
		    NODE_PATH(&call->node, "gateway/key.pem"), buf_view(&key), true);
	if (e == ERR_OK)
		e = fs_write_atomic(
		    NODE_PATH(&call->node, "gateway/cert.pem"), buf_view(&cert), false);
	buf_wipe(&key);
	buf_release(&cert);
	return e == ERR_OK
	    ? DONE
	    : say_failed("gateway: cannot make a certificate in %s/gateway: %s",
		  call->node.dir, say_why(e));
}

static int
certificate(struct call *call)
{
	char *const *names = call->cmd->args + 1;
	size_t n = call->cmd->nargs - 1;
	int code;

	if (n > CERTIFICATE_NAMES_MAX)
		return say_usage("gateway", "more than %d names", CERTIFICATE_NAMES_MAX);
	for (size_t i = 0; i < n; i++)
		if (!certificate_name(view_str(names[i])))
			return say_usage("gateway",
			    "%s is neither a host's name nor an address",
			    quoted(view_str(names[i])));
	if (!command_has(call->cmd, OPT_YES) &&
	    (access(NODE_PATH(&call->node, "gateway/cert.pem"), F_OK) == 0 ||
		access(NODE_PATH(&call->node, "gateway/key.pem"), F_OK) == 0))
		return say_failed(
		    "gateway: there is a certificate in %s/gateway already; "
		    "--yes puts a new one in its place, and newsreaders that "
		    "trusted the old one will ask",
		    call->node.dir);
	if ((code = make(call, names, n)) != DONE)
		return code;
	return show(call);
}

int
cmd_gateway(struct call *call)
{
	if (call->cmd->nargs == 0)
		return show(call);
	if (strcmp(call->cmd->args[0], "certificate") != 0)
		return say_usage("gateway",
		    "%s is not something to do with the gateway: say certificate",
		    quoted(view_str(call->cmd->args[0])));
	return certificate(call);
}
