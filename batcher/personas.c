/* The verbs about personas. */
#include <stdio.h>
#include <unistd.h>

#include "batcher/command.h"
#include "batcher/personafile.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/text.h"

static const char *
name_of(const char *name)
{
	if (!text_name(view_str(name)))
		die_usage("%s cannot be a persona's name (a-z, 0-9 and -, at most %d)",
		    quoted(view_str(name)), NAME_MAX_LEN);
	return name;
}

int
command_persona_new(struct batcher *b, const struct arguments *a)
{
	const char *name = name_of(a->words[0]);
	struct persona p = { 0 };
	enum err e;

	e = persona_create(b->node, name, view_str(a->words[1]), &p);
	persona_release(&p);
	if (e == ERR_EXISTS) {
		log_at(LOG_ERROR, "there is a persona %s already", name);
		return 1;
	}
	return e == ERR_OK ? 0 : command_failed(name, e);
}

/* The words in the first line, the file behind them. */
int
command_persona_export(struct batcher *b, const struct arguments *a)
{
	struct buf file = BUF_INIT(PERSONAFILE_MAX), words = BUF_INIT(1024),
		   display = BUF_INIT(DISPLAY_MAX);
	const char *name = name_of(a->words[0]);
	struct persona p = { 0 };
	enum err e;

	buf_reserve(&words, 512);
	if ((e = persona_load(b->node, name, &p)) == ERR_OK &&
	    (e = persona_display(b->node, name, &display)) == ERR_OK &&
	    (e = personafile_seal(&p, buf_view(&display), &file, &words)) == ERR_OK)
		printf("%.*s\n%.*s", (int)words.len, (const char *)words.p, (int)file.len,
		    (const char *)file.p);
	persona_release(&p);
	buf_wipe(&words);
	buf_release(&file);
	buf_release(&display);
	if (e == ERR_NOTFOUND) {
		log_at(LOG_ERROR, "there is no persona %s here", name);
		return 1;
	}
	return e == ERR_OK ? 0 : command_failed(name, e);
}

/* What it says of a file that it does not take. */
static int
refused(enum err e, const struct persona *p)
{
	switch (e) {
	case ERR_SYNTAX:
		log_at(LOG_ERROR,
		    "that is no persona file, or one of the 24 words is wrong");
		return 1;
	case ERR_CRYPTO:
		log_at(LOG_ERROR, "these words do not belong to this file");
		return 1;
	case ERR_VERSION:
		log_at(LOG_ERROR, "the file is of a newer Hearsay");
		return 1;
	case ERR_EXISTS:
		log_at(LOG_ERROR, "there is a persona %s already", p->name);
		return 1;
	default:
		return command_failed("persona", e);
	}
}

int
command_persona_import(struct batcher *b, const struct arguments *a)
{
	struct buf in = BUF_INIT(2 * PERSONAFILE_MAX), display = BUF_INIT(DISPLAY_MAX);
	struct persona p = { 0 };
	struct view rest, words;
	enum err e;

	(void)a;
	buf_reserve(&in, PERSONAFILE_MAX);
	if ((e = fs_readfd(STDIN_FILENO, &in)) != ERR_OK)
		goto out;
	rest = buf_view(&in);
	if (!text_line(&rest, &words))
		e = ERR_SYNTAX;
	if (e == ERR_OK)
		e = personafile_open(rest, words, &p, &display);
	if (e == ERR_OK)
		e = persona_adopt(b->node, &p, buf_view(&display));
	if (e == ERR_OK)
		printf("%s\n", p.name);
out:
	buf_wipe(&in);
	buf_release(&display);
	if (e == ERR_OK) {
		persona_release(&p);
		return 0;
	}
	refused(e, &p);
	persona_release(&p);
	return 1;
}
