/* A conversation with a modem or a login prompt, in the language of UUCP's and pppd's chat:
 * pairs of what is expected and what is sent then. Pure: no descriptor and no clock; the
 * caller moves bytes and tells the time.
 *
 *   '' ATZ OK ATDT\T CONNECT     pairs; '' expects nothing; a CR follows what is sent
 *   ogin:--ogin: word            expect-send-expect: the send, when the first does not come
 *   ABORT BUSY   CLR_ABORT BUSY  a string that ends it
 *   TIMEOUT 60                   seconds of each wait from here on (45); 0: without end
 *   SAY text   HANGUP ON   ECHO OFF   REPORT x    the first is shown, the others are taken
 *   \c no CR   \d a second   \p a tenth   \K BREAK   \T \D number   \L login   \P password
 *   \r \n \s \t \b \N \\ \- \q \ddd ^X           bytes; EOT and BREAK stand alone
 *
 * A number behind CONNECT (or CARRIER) is the line's speed. */
#ifndef NEWSD_CHAT_H
#define NEWSD_CHAT_H

#include "lib/buf.h"

#define CHAT_SCRIPT_MAX (16u << 10)
#define CHAT_NEVER UINT32_MAX

enum chat_state { CHAT_RUNNING, CHAT_DONE, CHAT_FAILED };

enum chat_fault {
	CHAT_FINE,
	CHAT_ABORTED, /* one of the strings of ABORT came */
	CHAT_TIMEOUT  /* what was expected did not come */
};

struct chat_words {
	struct view phone, login, password;
};

struct chat;

/* ERR_SYNTAX: *why, a phrase. The views are copied. */
enum err chat_new(struct view script, const struct chat_words *, uint64_t now_ms,
    struct chat **out, const char **why);
void chat_free(struct chat *);

/* Takes all of it. What comes when the state is DONE is not the chat's. */
void chat_input(struct chat *, struct view, uint64_t now_ms);
/* What is to be sent now, at most room bytes. */
size_t chat_output(struct chat *, unsigned char *, size_t room, uint64_t now_ms);
/* Whether a BREAK is to be sent now; each is told once, behind what chat_output gave. */
bool chat_break(struct chat *);
/* Milliseconds until chat_output is to be called if nothing comes. */
uint32_t chat_next(const struct chat *, uint64_t now_ms);

enum chat_state chat_state(const struct chat *);
enum chat_fault chat_fault(const struct chat *);
/* When it failed: a phrase for the person, foreign bytes shown safely. */
const char *chat_why(struct chat *);
/* Bits a second that the modem told; 0: it did not. */
uint32_t chat_speed(const struct chat *);
/* What came behind the last thing expected: the stream's. */
struct view chat_rest(const struct chat *);
/* What went on since it was last consumed, lines for the person. */
struct buf *chat_transcript(struct chat *);

#endif
