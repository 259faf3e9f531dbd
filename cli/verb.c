#include "cli/verb.h"

#include <string.h>

#include "cli/cmd.h"
#include "cli/nearest.h"

#define M OPT_BIT(OPT_MACHINE)

/* In the order in which a person meets them. */
static const struct verb verbs[] = {
	{ "setup", 0, 0,
	    OPT_BIT(OPT_YES) | OPT_BIT(OPT_PERSONA) | OPT_BIT(OPT_LISTEN) |
		OPT_BIT(OPT_LISTEN_TLS) | OPT_BIT(OPT_GROUP) | OPT_BIT(OPT_LINK) |
		OPT_BIT(OPT_ADDRESS),
	    false, cmd_setup,
	    "[--yes] [--persona NAME] [--listen ADDR:PORT]... [--listen-tls ADDR:PORT]... "
	    "[--group NAME] "
	    "[--link ADDR:PORT|serial:DEVICE,SPEED]... [--address tcp:HOST:PORT]...",
	    "make your node",
	    "Makes the node's folder, your name on the net (a persona: a key that signs "
	    "what you\n"
	    "write) and an empty spool. Asks at most three questions, each with a "
	    "default. The\n"
	    "From line that it prints goes into your newsreader. On a node that exists "
	    "already\n"
	    "it changes the name with --persona, where newsreaders connect with --listen "
	    "and\n"
	    "--listen-tls, where friends can call with --link (all of a kind at once), "
	    "and\n"
	    "nothing else. Without --link nobody can call; you can still call others. "
	    "--address\n"
	    "is what friends are told, in tokens and later: where you can be reached "
	    "from\n"
	    "outside. TLS wants a certificate: `hearsay gateway certificate`.\n",
	    "  hearsay setup --yes --persona \"Ana Lima\" --listen 127.0.0.1:1119\n" },
	{ "up", 0, 0, 0, true, cmd_up, "",
	    "serve the news and talk to friends; stays in front",
	    "Starts the gateway that newsreaders connect to, prints \"ready "
	    "nntp=ADDR:PORT\" when\n"
	    "it serves, and starts it again if it should die. Listens for friends where "
	    "`setup\n"
	    "--link` said, and calls them when `hearsay when` says. Ctrl-C or SIGTERM "
	    "ends all of\n"
	    "it cleanly. One node runs once.\n",
	    "  hearsay up\n"
	    "  slrn -i ~/.hearsay/slrnrc -f ~/.hearsay/newsrc -h 127.0.0.1 -p 1119\n" },
	{ "gateway", 0, ARGS_ANY, M | OPT_BIT(OPT_YES), true, cmd_gateway,
	    "[certificate [NAME|ADDRESS]...] [--yes]",
	    "where newsreaders connect, and the certificate",
	    "Shows where the gateway listens and the certificate that it has, with the "
	    "SHA-256\n"
	    "fingerprint that a newsreader shows when it asks whether to trust it. "
	    "`gateway\n"
	    "certificate` makes one, signed by itself, for localhost and the names and "
	    "addresses\n"
	    "by which other machines know this one; it lasts ten years. One that is "
	    "there stays\n"
	    "unless you say --yes: every newsreader would ask again. From then on "
	    "newsreaders may\n"
	    "say STARTTLS; `setup --listen-tls` adds an address that is TLS at once. "
	    "Your own\n"
	    "certificate goes into gateway/cert.pem and key.pem.\n",
	    "  hearsay gateway certificate news.lan 192.168.1.2\n"
	    "  hearsay setup --listen 127.0.0.1:1119 --listen-tls 192.168.1.2:1563\n" },
	{ "user", 0, 2,
	    OPT_BIT(OPT_PERSONA) | OPT_BIT(OPT_READ) | OPT_BIT(OPT_POST) |
		OPT_BIT(OPT_FEED) | M,
	    true, cmd_user,
	    "[add NAME [--persona NAME] [--read WILDMAT] [--post WILDMAT] [--feed] | "
	    "passwd NAME | remove NAME]",
	    "let others log in to your gateway",
	    "Whoever is not on this machine logs in (`login` in node.conf), with a "
	    "password that is\n"
	    "asked for, or one line of stdin. A user posts as the persona of that name, "
	    "which is\n"
	    "made when there is none (--persona is then the name that others read), or "
	    "as one that\n"
	    "is there and that --persona names; and sees and posts to the groups of "
	    "--read and\n"
	    "--post. The running gateway takes it at once. Alone it lists the users.\n",
	    "  hearsay user add ben --persona \"Ben of the mill\" --post 'club.*'\n"
	    "  hearsay user passwd ben\n" },
	{ "invite", 1, 1,
	    OPT_BIT(OPT_ADDRESS) | OPT_BIT(OPT_EXPIRES) | OPT_BIT(OPT_QR) |
		OPT_BIT(OPT_FILE),
	    true, cmd_invite,
	    "NAME [--address tcp:HOST:PORT]... [--expires AGE] [--qr] [--file FILE]",
	    "make a token for a friend",
	    "NAME is what you call this friend; nobody else learns it. The token is "
	    "printed alone\n"
	    "on the last line. Give it to your friend by a way that you both trust: "
	    "whoever holds\n"
	    "it can answer it, once. Your friend says `hearsay join`, and from then on a "
	    "stick, or\n"
	    "any other carrier, does the rest. With an address in it, or where `setup "
	    "--link` has\n"
	    "one that others reach, `hearsay join` calls you at once, if you are up. "
	    "`hearsay\n"
	    "invites` lists what is still open.\n",
	    "  hearsay invite bob\n"
	    "  hearsay invite bob --address tcp:ana.example:4119\n"
	    "  hearsay invite bob --file bob.token     (then hand over the file)\n" },
	{ "join", 0, 1, OPT_BIT(OPT_AS), true, cmd_join, "[TOKEN|FILE|-] [--as NAME]",
	    "accept a friend's token",
	    "Takes the token as a word, from a file, from stdin with -, or asks for it "
	    "without\n"
	    "showing it. A token on the command line can be seen by other users of the "
	    "machine\n"
	    "for a moment and stays in your shell's history: a file is better. NAME is "
	    "what you\n"
	    "call this friend. The two of you are friends when your answer has reached "
	    "the other\n"
	    "node and one came back: by stick that is one way each. With an address in "
	    "the token\n"
	    "your node calls at once, and says what became of it.\n",
	    "  hearsay join bob.token --as ana\n"
	    "  hearsay stick /media/STICK\n" },
	{ "stick", 1, 1, M | OPT_BIT(OPT_HERE), true, cmd_stick, "DIR [--here]",
	    "take from a stick, and put on it, what is due",
	    "Takes from the stick what is for you, puts on it what your friends lack, "
	    "and says\n"
	    "when it is safe to pull out. One stick serves all friends; who finds it "
	    "sees random\n"
	    "bytes. Nothing needs to be remembered: what was lost on the way is put on "
	    "the next\n"
	    "one. DIR is where the stick is mounted; --here takes any folder, such as "
	    "one that a\n"
	    "file mover synchronizes.\n",
	    "  hearsay stick /media/STICK\n" },
	{ "call", 0, 1, OPT_BIT(OPT_ALL) | OPT_BIT(OPT_WAIT) | OPT_BIT(OPT_QUIET), true,
	    cmd_call, "NAME | --all [--wait] [-q]", "call a friend now",
	    "Calls by the ways that `hearsay address` shows, exchanges all that is due, "
	    "and ends.\n"
	    "Exit code 75: a friend is away, or another call is under way. --all calls "
	    "one after\n"
	    "the other. For cron: with -q it speaks only of trouble.\n",
	    "  hearsay call bob\n"
	    "  */15 * * * * hearsay call --all -q     (in a crontab)\n" },
	{ "address", 1, ARGS_ANY, 0, true, cmd_address, "NAME [CARRIER... | none]",
	    "show or set how a friend is reached",
	    "Each CARRIER is one way, tried in this order: tcp:HOST:PORT; "
	    "socks5:PROXY:PORT/HOST:PORT,\n"
	    "where the proxy looks the name up; \"exec:COMMAND\", whose stdin and stdout "
	    "are the link;\n"
	    "dir:PATH, a folder that another program carries. They replace all that was "
	    "set; what\n"
	    "the friend told is shown as learned, and stays. A learned address in a "
	    "private network\n"
	    "is not called: set it here if it is yours, too. serial:DEVICE,SPEED is a "
	    "cable or a\n"
	    "modem; phone:NUMBER and chat:FILE say how that one dials.\n",
	    "  hearsay address bob tcp:bob.example:4119\n"
	    "  hearsay address bob serial:/dev/ttyS0,33600 phone:5551234 chat:modem.chat\n"
	    "  hearsay address bob socks5:127.0.0.1:9050/bob.example:4119\n"
	    "  hearsay address bob \"exec:ssh bob.example newsd --stdio\"\n" },
	{ "when", 1, ARGS_ANY, 0, true, cmd_when, "NAME [CALL-LINE... | none]",
	    "show or set when a friend is called",
	    "on-arrival keeps a link standing and pushes at once; every 15m calls at "
	    "intervals; cron\n"
	    "M H D M W at times of crontab(5). window 01:00-05:30 allows these calls only "
	    "then, and\n"
	    "budget 20M or 10m so much a day. They replace all that was set; with none, "
	    "`hearsay\n"
	    "call` alone calls. They act while `hearsay up` runs.\n",
	    "  hearsay when bob on-arrival\n"
	    "  hearsay when bob every 15m window 01:00-05:30 budget 20M\n"
	    "  hearsay when bob cron '0 6 * * 1-5'\n" },
	{ "chat-test", 1, 1, 0, true, cmd_chat_test, "NAME",
	    "play a friend's chat script with a modem",
	    "Dials as a call would, shows what is sent, expected and got as it goes, and "
	    "hangs up.\n"
	    "The script and the number are `chat` and `phone` of the friend's "
	    "file.\n",
	    "  hearsay chat-test bob\n" },
	{ "line-test", 1, 1, 0, true, cmd_line_test, "NAME",
	    "measure the serial line to a friend",
	    "Calls the friend's node, which must be up, and measures delay, errors and "
	    "throughput\n"
	    "for a quarter of a minute; then says in words what is wrong with the "
	    "line. No news go\n"
	    "over it meanwhile.\n",
	    "  hearsay line-test bob\n" },
	{ "friends", 0, 1, M, true, cmd_friends, "[NAME]",
	    "list your friends, or tell about one",
	    "What is known of each friend: since when, verified or not, what waits for "
	    "it, when\n"
	    "it was last heard.\n",
	    "  hearsay friends\n"
	    "  hearsay friends bob\n" },
	{ "verify", 1, 1, M | OPT_BIT(OPT_OK), true, cmd_verify, "NAME [--ok]",
	    "compare six words with a friend",
	    "Shows six words. Your friend's node shows the same ones if nobody stood "
	    "between you\n"
	    "when the token went over: read them to each other by voice, then say "
	    "--ok.\n",
	    "  hearsay verify bob\n"
	    "  hearsay verify bob --ok\n" },
	{ "invites", 0, 0, M | OPT_BIT(OPT_REVOKE), true, cmd_invites, "[--revoke ID]",
	    "list open invitations, or revoke one",
	    "Lists the invitations that nobody has answered yet, with their ids and what "
	    "became\n"
	    "of them. A revoked one is worth nothing to whoever holds its token.\n",
	    "  hearsay invites\n"
	    "  hearsay invites --revoke ID\n" },
	{ "cut", 1, 1, OPT_BIT(OPT_YES), true, cmd_cut, "NAME [--yes]",
	    "end a friendship",
	    "Erases the keys of this friendship for good. Nothing more comes from or "
	    "goes to that\n"
	    "friend; nobody is told. Articles that are here stay. A new invitation "
	    "begins anew.\n",
	    "  hearsay cut bob\n" },
	{ "groups", 0, ARGS_ANY, M | OPT_BIT(OPT_STATUS) | OPT_BIT(OPT_DESCRIPTION), true,
	    cmd_groups,
	    "[new|set NAME [--status y|n|m] [--description TEXT] | want WILDMAT... | "
	    "send FRIEND WILDMAT...]",
	    "list newsgroups; make one; choose what travels",
	    "Alone: all groups with their articles. `new` makes one, `set` changes it; "
	    "groups under\n"
	    "local. never leave this machine. Status n takes no posts, m is moderated "
	    "(`hearsay\n"
	    "moderate`); both are this node's own affair. `want` says what this node "
	    "takes from\n"
	    "its friends, `send` what one friend gets; without patterns both show what "
	    "is set. In\n"
	    "a list the last pattern that matches decides, and ! takes out. Quote "
	    "patterns: the\n"
	    "shell knows * too.\n",
	    "  hearsay groups new talk.bread\n"
	    "  hearsay groups want 'comp.*' '!comp.binaries.*'\n"
	    "  hearsay groups send bob 'talk.*'\n" },
	{ "post", 0, 1, 0, true, cmd_post, "[FILE]",
	    "post an article without a newsreader",
	    "Reads an article (headers, an empty line, text) from FILE or stdin and "
	    "posts it under\n"
	    "your persona. From, Date and Message-ID are made for you.\n",
	    "  printf 'Newsgroups: local.test\\nSubject: first\\n\\nHello.\\n' | hearsay "
	    "post\n" },
	{ "import", 1, ARGS_ANY,
	    OPT_BIT(OPT_GROUPS) | OPT_BIT(OPT_ACTIVE) | OPT_BIT(OPT_NEWSGROUPS) |
		OPT_BIT(OPT_LOCAL) | OPT_BIT(OPT_YES) | OPT_BIT(OPT_VERBOSE) | M,
	    true, cmd_import,
	    "PATH... [--groups WILDMAT] [--active FILE] [--newsgroups FILE] [--local] "
	    "[--yes] [-v]",
	    "take in articles from files and folders",
	    "Takes rnews batches (compressed too), mbox files, folders of one-article "
	    "files and\n"
	    "INN's tradspool; what a PATH is, its content tells. Importing twice does no "
	    "harm.\n"
	    "With --local nothing of it is offered to friends; else, when it is more "
	    "than a\n"
	    "friend takes in a day, it asks first.\n",
	    "  hearsay import ~/Mail/archive.mbox\n"
	    "  hearsay import /var/spool/news/articles --active /var/lib/news/active\n" },
	{ "export", 1, 1, OPT_BIT(OPT_FORMAT), true, cmd_export,
	    "[--format rnews|mbox] WILDMAT", "write articles of groups to stdout",
	    "Writes every article of the matching groups to stdout, as INN's rnews or as "
	    "mbox\n"
	    "takes them. Posts that are not signed yet wait.\n",
	    "  hearsay export 'comp.lang.*' >batch\n"
	    "  hearsay export --format mbox talk.bread >bread.mbox\n" },
	{ "status", 0, 0, M, true, cmd_status, "", "how your node is",
	    "Whether news is served and where, what the spool holds, posts that cannot "
	    "leave yet\n"
	    "and why, and how it stands with each friend: last heard, what waits, the "
	    "link, the\n"
	    "next call, and what failed.\n",
	    "  hearsay status\n"
	    "  hearsay status -m | grep ^articles=\n" },
	{ "search", 1, ARGS_ANY, M | OPT_BIT(OPT_GROUPS), true, cmd_search,
	    "WORD... [--groups WILDMAT]", "find articles by their words",
	    "Shows the articles that hold all these words in From, Subject or text, the "
	    "newest first.\n"
	    "Quotes make a phrase; from:WORD, subject:WORD and group:WILDMAT look there "
	    "alone; behind\n"
	    "`--`, -WORD leaves out what holds it. The node may be up or not. In a "
	    "newsreader the\n"
	    "group search.WORD+WORD shows the same, and what comes later.\n",
	    "  hearsay search sourdough starter\n"
	    "  hearsay search \"rye starter\" from:ana --groups 'rec.food.*'\n"
	    "  hearsay search -- bread -machine\n" },
	{ "why", 1, 1, M, true, cmd_why, "MESSAGE-ID",
	    "tell all that is known of an article",
	    "Whether it is here or was, since when, who brought it, in which groups, "
	    "whether it is\n"
	    "signed, how many copies with other text were refused, and how it stands "
	    "with each\n"
	    "friend. The angle brackets may be left out.\n",
	    "  hearsay why 'abc@example.com'\n" },
	{ "persona", 0, 3, M, true, cmd_persona,
	    "[new DISPLAY-NAME | use NAME | export NAME FILE | import FILE]",
	    "list, make, keep and move your names",
	    "A persona is a name with a key that signs what you write under it. Each "
	    "friend and\n"
	    "reader sees different personas as different people. The newsreader "
	    "chooses one by\n"
	    "its From; any other From is the standard one's. `export` writes a sealed "
	    "file and\n"
	    "prints 24 words that open it; `import` takes both, here or on another "
	    "node.\n",
	    "  hearsay persona new \"The Gardener\"\n"
	    "  hearsay persona export ana ana.persona\n"
	    "  hearsay persona import ana.persona\n" },
	{ "author", 0, 3, M, true, cmd_author, "[name WHO [NAME]]",
	    "list who writes; give them names",
	    "Each author is a key; From can be imitated, a key cannot. A name that you "
	    "give one is\n"
	    "shown to you alone, as Hearsay-Trust. WHO is a key, the part of From "
	    "before @, a\n"
	    "Message-ID, or a name given before. Without NAME the name goes.\n",
	    "  hearsay author\n"
	    "  hearsay author name '<id@hearsay.invalid>' \"Ben of the mill\"\n" },
	{ "moderate", 0, 3, M | OPT_BIT(OPT_NOTE), true, cmd_moderate,
	    "[ban|unban KIND WHAT [--note TEXT] | pending | approve MESSAGE-ID | "
	    "[no-]moderator WILDMAT WHO]",
	    "hide what you do not want; moderate groups",
	    "ban author WHO, thread MESSAGE-ID, group WILDMAT or friend NAME hides what "
	    "is here and\n"
	    "what comes, from you and your readers alone; what an author, thread or "
	    "group ban hides\n"
	    "is not passed on. Nothing is removed: unban shows it again. WHO as for "
	    "`hearsay\n"
	    "author`, or the address of somebody from outside. In groups of status m "
	    "that have a\n"
	    "moderator, posts of others wait until the moderator approves them. Alone "
	    "it lists\n"
	    "all of that.\n",
	    "  hearsay moderate ban author '<id@hearsay.invalid>' --note \"sells things\"\n"
	    "  hearsay moderate unban group 'alt.*'\n"
	    "  hearsay moderate moderator 'club.*' \"Ben of the mill\"\n"
	    "  hearsay moderate approve '<id@hearsay.invalid>'\n" },
	{ "purge", 0, 0, OPT_BIT(OPT_VIA) | OPT_BIT(OPT_SINCE) | OPT_BIT(OPT_YES), true,
	    cmd_purge, "--via FRIEND --since TIME [--yes]",
	    "remove what one friend brought",
	    "Removes the articles that came from this friend since then, after telling "
	    "how many\n"
	    "and asking. Their ids stay known for the time that `history` in node.conf "
	    "says, so that\n"
	    "nobody brings them again. Other friends who have them already keep them.\n",
	    "  hearsay purge --via bob --since 2h\n" },
	{ "expire", 0, 0, 0, true, cmd_expire, "", "remove articles that are due",
	    "Removes what is older than the `expire` lines of node.conf allow, and what "
	    "the `spool`\n"
	    "size does not hold. Without such lines everything stays.\n",
	    "  echo 'expire comp.* 90d' >>~/.hearsay/node.conf\n"
	    "  hearsay expire\n" },
	{ "check", 0, 0, OPT_BIT(OPT_REPAIR), true, cmd_check, "[--repair]",
	    "verify everything that is stored",
	    "Reads every article and every list that leads to it, and compares them. "
	    "Exit code\n"
	    "1 and a line for each trouble found. With --repair the lists are built anew "
	    "from the\n"
	    "articles.\n",
	    "  hearsay check\n"
	    "  hearsay check --repair\n" },
	{ "help", 0, 1, 0, false, cmd_help, "[VERB]", "explain a verb, with an example",
	    "Shows what VERB does, its options, and an example. `hearsay VERB --help` is "
	    "the same.\n",
	    "  hearsay help stick\n" },
};
#define VERBS (sizeof verbs / sizeof verbs[0])

size_t
verb_count(void)
{
	return VERBS;
}

const struct verb *
verb_row(size_t i)
{
	return &verbs[i];
}

const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

const char *
verb_near(const char *name)
{
	const char *names[VERBS];

	for (size_t i = 0; i < VERBS; i++)
		names[i] = verbs[i].name;
	return nearest(name, names, VERBS);
}
