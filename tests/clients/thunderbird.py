#!/usr/bin/python3
"""thunderbird.py PORT FROM: speaks Marionette, which Thunderbird has for tests, and does what
a person would do in its windows; prints what it sees there."""
import json
import socket
import sys
import time

DEADLINE = 120


class Marionette:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.socket.settimeout(DEADLINE)
        self.rest = b""
        self.message()
        self.call("WebDriver:NewSession", {"capabilities": {}})
        self.call("Marionette:SetContext", {"value": "chrome"})

    def message(self):
        while b":" not in self.rest:
            self.rest += self.socket.recv(65536)
        size, self.rest = self.rest.split(b":", 1)
        while len(self.rest) < int(size):
            self.rest += self.socket.recv(65536)
        body, self.rest = self.rest[: int(size)], self.rest[int(size):]
        return json.loads(body)

    def call(self, command, parameters):
        body = json.dumps([0, 1, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(body), body))
        _, _, error, answer = self.message()
        if error:
            sys.exit(f"{command}: {error['error']}: {error['message']}")
        return answer.get("value") if isinstance(answer, dict) else answer

    def run(self, script, *arguments):
        return self.call("WebDriver:ExecuteScript", {
            "script": script, "args": list(arguments), "sandbox": "system", "newSandbox": False})

    def until(self, what, script, *arguments):
        end = time.monotonic() + DEADLINE
        while True:
            got = self.run(script, *arguments)
            if got:
                return got
            if time.monotonic() > end:
                sys.exit(f"waited in vain for {what}")
            time.sleep(0.2)


PANE = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const main = Services.wm.getMostRecentWindow("mail:3pane");
const server = MailServices.accounts.accounts.map(a => a.incomingServer).find(s => s.type == "nntp");
const tab = main.document.getElementById("tabmail")?.currentAbout3Pane;
const compose = Services.wm.getMostRecentWindow("msgcompose");
"""


def read(m):
    m.until("the window", PANE + "return !!(tab && server && tab.threadTree && tab.folderTree)")
    print("groups", m.until("the groups", PANE + """
        return server.rootFolder.subFolders.map(f => f.name).join(" ")"""))
    m.run(PANE + "tab.displayFolder(server.rootFolder.getChildNamed('talk.test').URI)")
    print("listed", m.until("an article", PANE + """
        return tab.gDBView?.rowCount > 0 && tab.threadTree.innerText.includes("Ana Lima") &&
            tab.threadTree.innerText.replace(/\\s+/g, " ")"""))
    m.run(PANE + "tab.threadTree.selectedIndex = 0")
    print("body", m.until("its text", PANE + """
        return tab.messageBrowser?.contentWindow?.getMessagePaneBrowser?.()
            ?.contentDocument?.body?.innerText.trim().replace(/\\s+/g, " ")"""))
    print("header", m.until("its header", PANE + """
        const t = tab.messageBrowser.contentDocument.getElementById("messageHeader").innerText;
        return t.includes("Hearsay-Trust") && t.replace(/\\s+/g, " ")"""))


def write(m, command, subject, text):
    m.run(PANE + "tab.goDoCommand ? tab.goDoCommand(arguments[0]) : main.goDoCommand(arguments[0])",
          command)
    m.until("a window to write in", PANE + """
        return compose?.gMsgCompose?.compFields && compose.GetCurrentEditor?.() &&
            compose.document.getElementById("messageEditor").contentDocument?.body &&
            compose.ComposeCanClose && !compose.gWindowLocked""")
    m.run(PANE + """
        const subject = compose.document.getElementById("msgSubject");
        if (arguments[0]) {
            subject.value = arguments[0];
            subject.dispatchEvent(new compose.Event("input"));
        }
        const editor = compose.GetCurrentEditor();
        editor.endOfDocument?.();
        editor.insertText(arguments[1])""", subject, text)
    m.run(PANE + "compose.goDoCommand('cmd_sendNow')")
    m.until("the window to go", PANE + "return !compose")
    print("sent", subject or "the follow-up")


if __name__ == "__main__":
    marionette = Marionette(int(sys.argv[1]))
    read(marionette)
    write(marionette, "cmd_reply", "", "Schöne Grüße")
    write(marionette, "cmd_newMessage", "Über neue Wege", "Łódź")
