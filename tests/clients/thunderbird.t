#!/bin/bash
# Thunderbird, on a screen without eyes, by the door that it has for tests: lists, reads,
# follows up, posts.
. tests/lib.sh
. tests/clients/lib.sh
. tests/clients/screen.sh
client thunderbird Xvfb xdotool import python3

client_node "Grüße vom Knoten"
profile=$home/profile
mkdir -p "$profile/News" "$profile/Mail"
printf 'talk.test: \n' >"$profile/News/127.0.0.1.rc"
cat >"$profile/user.js" <<JS
user_pref("mail.accountmanager.accounts", "account1,account2");
user_pref("mail.accountmanager.defaultaccount", "account1");
user_pref("mail.accountmanager.localfoldersserver", "server2");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account2.server", "server2");
user_pref("mail.server.server1.type", "nntp");
user_pref("mail.server.server1.hostname", "127.0.0.1");
user_pref("mail.server.server1.port", $port);
user_pref("mail.server.server1.name", "Hearsay");
user_pref("mail.server.server1.userName", "bea");
user_pref("mail.server.server1.directory-rel", "[ProfD]News/127.0.0.1");
user_pref("mail.server.server1.directory", "$profile/News/127.0.0.1");
user_pref("mail.server.server1.newsrc.file", "$profile/News/127.0.0.1.rc");
user_pref("mail.server.server1.newsrc.file-rel", "[ProfD]News/127.0.0.1.rc");
user_pref("mail.server.server1.notify.on", false);
user_pref("mail.server.server1.max_articles", 500);
user_pref("mail.server.server2.type", "none");
user_pref("mail.server.server2.hostname", "Local Folders");
user_pref("mail.server.server2.userName", "nobody");
user_pref("mail.server.server2.name", "Local Folders");
user_pref("mail.server.server2.directory", "$profile/Mail/Local Folders");
user_pref("mail.server.server2.directory-rel", "[ProfD]Mail/Local Folders");
user_pref("mail.identity.id1.fullName", "Bea Königová");
user_pref("mail.identity.id1.useremail", "bea.tijguzvqf4z7h5v2@hearsay.invalid");
user_pref("mail.identity.id1.valid", true);
user_pref("mail.identity.id1.compose_html", false);
user_pref("mail.identity.id1.doFcc", false);
user_pref("mail.root.nntp", "$profile/News");
user_pref("mailnews.headers.extraExpandedHeaders", "Hearsay-Trust");
user_pref("mailnews.customDBHeaders", "Hearsay-Trust");
user_pref("mailnews.start_page_override.mstone", "ignore");
user_pref("browser.shell.checkDefaultClient", false);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("datareporting.policy.dataSubmissionPolicyBypassNotification", true);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "");
user_pref("mail.SpellCheckBeforeSend", false);
user_pref("mail.warn_on_send_accel_key", false);
JS
screen_up
HOME=$home LC_ALL=$utf8 thunderbird --profile "$profile" --no-remote --marionette \
	--remote-allow-system-access >"$dir/thunderbird.out" 2>&1 &
screen_pid=$!
ok "it starts" wait_for 60 test -s "$profile/MarionetteActivePort"
timeout 300 python3 tests/clients/thunderbird.py "$(cat "$profile/MarionetteActivePort")" \
	>"$dir/said" 2>"$dir/failed"
is "$?" 0 "does what it is told" || note "$(cat "$dir/failed")"
picture thunderbird
got=$(cat "$dir/said")
like "$got" '^groups talk\.test' "has the group"
like "$got" '^listed .*Ana Lima.*Grüße vom Knoten' "lists its article"
like "$got" '^body .*Žluťoučký kůň in Łódź\.' "reads it"
like "$got" '^header .*Hearsay-Trust ?: self' "and says whose it is"
posted "the follow-up is there, under its article" talk.test \
	'^Re: Grüße vom Knoten\|Bea .*tijguzvqf4z7h5v2.*\|Grüße vom Knoten\|utf-8\|.*> Žlu.*Schöne Grüße'
posted "the post is there" talk.test '^Über neue Wege\|Bea .*tijguzvqf4z7h5v2.*\|\|utf-8\|Łódź'
done_testing
