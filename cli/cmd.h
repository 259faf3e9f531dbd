/* The verbs' functions: each does its verb and answers the exit code, having said what
 * happened. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "cli/verb.h"

int cmd_help(struct call *);
int cmd_setup(struct call *);
int cmd_up(struct call *);
int cmd_import(struct call *);
int cmd_export(struct call *);
int cmd_post(struct call *);
int cmd_check(struct call *);
int cmd_expire(struct call *);
int cmd_stick(struct call *);
int cmd_status(struct call *);
int cmd_invite(struct call *);
int cmd_join(struct call *);
int cmd_invites(struct call *);
int cmd_friends(struct call *);
int cmd_verify(struct call *);
int cmd_cut(struct call *);
int cmd_groups(struct call *);
int cmd_call(struct call *);
int cmd_address(struct call *);
int cmd_when(struct call *);
int cmd_chat_test(struct call *);
int cmd_line_test(struct call *);
int cmd_purge(struct call *);
int cmd_why(struct call *);
int cmd_search(struct call *);
int cmd_gateway(struct call *);
int cmd_user(struct call *);
int cmd_author(struct call *);
int cmd_persona(struct call *);
int cmd_moderate(struct call *);

#endif
