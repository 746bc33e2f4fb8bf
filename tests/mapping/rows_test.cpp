// rows_test: each row of mapping.md "Mail out" and "The mailbox view", each action address with what bounds it, and
// what a preview says, and the cases that show it: a reader, and this test, can see that none is missing.

#include "samples.h"

#include <doctest/doctest.h>

#include <map>
#include <regex>

namespace {

// All sources of tests, each name of a case in one piece.
std::string test_sources()
{
    std::string all;
    for (const char* extension : {".cpp", ".py"})
        for (const auto& path : samples::files_below(SOURCE_FOLDER "/tests", extension))
            if (!path.ends_with("rows_test.cpp")) all += samples::read_file(path);
    all += samples::read_file(SOURCE_FOLDER "/tests/rigs/run_relayed");
    return std::regex_replace(all, std::regex("\"\\s*\n\\s*\""), "");
}

using Rows = std::map<std::string, std::vector<std::string>>;

const Rows mail_out{
    {"content is deterministic", {"a rendition is the same whenever it is made, and another for another revision"}},
    {"trace in our mailboxes only",
        {"the trace says where a mail came in, and nothing that a peer wrote ends a field"}},
    {"egress fields per recipient, never in IMAP",
        {"a post to a mailing list carries its fields for each subscriber, and shows its alias alone"}},
    {"one Received without the client's address",
        {"a mail goes out with one Received on top and nothing else changed"}},
    {"Message-ID of the message, and of follow-ups",
        {"a rendition shows the author, the list by roles, the parents and the content",
            "an edit is told in the thread: who, when, the new text, the difference",
            "which parents: all forms of our own Message-IDs are recognised"}},
    {"In-Reply-To and References", {"a long chain of references keeps its first and its newest ids"}},
    {"threading for Outlook",
        {"a conversation's index begins with its time and guid, and grows by five octets an answer",
            "a rendition begins a conversation, or goes on with its parent's"}},
    {"To and Cc without the blind and those who left",
        {"blind people and those who left are not shown; alone they leave undisclosed recipients"}},
    {"beyond render.to_max the message's address", {"a list beyond to_max is shown as the message's address"}},
    {"on a list always the alias", {"a post to a mailing list shows its alias, and never a subscriber"}},
    {"envelope sender per delivery", {"from an address for its bounces"}},
    {"null sender of confirmations", {"who left is told so, with a way back and nothing to leave"}},
    {"List-Unsubscribe on follow-ups, never on originals",
        {"an edit is told in the thread: who, when, the new text, the difference",
            "clean on the wire, and no bulk mail"}},
    {"GET shows, POST acts",
        {"GET changed nothing",
            "a kind of follow-up is turned off by one click, for all conversations, and on again by another"}},
    {"List-Id, List-Post, Precedence",
        {"a post to a mailing list carries its fields for each subscriber, and shows its alias alone"}},
    {"From rewritten where DMARC demands it",
        {"From is rewritten only where the author's domain demands it and no signature of its own holds",
            "a correspondent's post whose domain demands alignment comes from the relay address",
            "a correspondent's answer to other correspondents is told to egress as one of somebody else's",
            "where his domain lets nobody else From says via",
            "who got the post answers at its author's address: taken", "a stranger, proven as he may be, is refused"}},
    {"ARC", {"a correspondent's post is sealed, and its From stays where their domain lets it"}},
    {"DKIM", {"a signed mail verifies, with fields on top and its white space folded anew"}},
    {"nothing to elsewhere, withheld, delivered",
        {"who is only named in the header of an answer is not sent it, and those not named are"}},
    {"SMTPUTF8 downgrade",
        {"header fields in UTF-8 are encoded; an address that ASCII cannot carry stays readable",
            "a hop without SMTPUTF8 gets its header fields encoded, one without 8BITMIME its content"}},
    {"8BITMIME downgrade", {"8-bit content becomes quoted-printable or base64, and reads the same",
                               "what is signed leaves as it came, and so does what has seven bits"}},
    {"format=flowed and quoted-printable", {"flowing and unflowing gives the text back wherever it is done"}},
    {"no defects",
        {"Python's email package finds no defect in renditions",
            "Python's email package finds no defect in any mail of our making",
            "a mail of every kind, in every language, of whatever content, has no defect for Python's email package"}},
    {"stock software threads it as the store does",
        {"Dovecot's THREAD at the correspondent's is the store's tree",
            "Dovecot's THREAD over a mailbox user's INBOX is the store's tree", "neomutt shows the store's tree",
            "a reply is in the thread of its message"}},
};

const Rows actions{
    {"+leave", {"bob leaves by mail", "he is off the list", "who is not on a list is told nothing of it"}},
    {"+rejoin", {"he rejoins by mail", "he is on it again"}},
    {"+edit", {"alice edits by mail", "the body replaces the text, the subject stays",
                  "its signature holds in bob's mailbox"}},
    {"+withdraw", {"alice withdraws by mail", "bob may not withdraw it"}},
    {"+undelete", {"and undeletes it"}},
    {"+add", {"alice adds two people by mail", "bob adds one more, with words", "who is not on it adds nobody"}},
    {"alias+subscribe@", {"erin by mail", "erin is told, by one mail", "from nobody whose answer would be a post"}},
    {"alias+unsubscribe@", {"carol leaves by mail", "and posts no more"}},
    {"correspondents subscribe", {"dora, from outside, asks by mail", "once, with the null sender",
                                     "a reply to it is the answer", "she answers it"}},
    {"correspondents leave and rejoin",
        {"by mail she leaves", "with the way back", "whoever has a token acts for its person alone"}},
    {"one click", {"the follow-up has a one-click address", "GET changes nothing", "POST is taken",
                      "a second click tells her nothing more"}},
    {"answered in the thread",
        {"an action is answered once while the answer waits, in the thread, in the person's language, to nobody else"}},
    {"forged", {"a forged token is no address", "nor a page"}},
    {"replayed", {"replayed, it does nothing and is not answered", "and acts once",
                     "the old confirmation is worth nothing then"}},
    {"expired", {"an expired token is worth nothing, by mail and by click"}},
    {"after a restart",
        {"a link of before shows its page", "an address of before is one", "and does what it was given for"}},
    {"nothing about other people", {"a page names nobody", "and learns nothing"}},
    {"programs and mailing lists", {"neither automata nor mailing lists act by it", "one by a program is refused",
                                       "one that came by a mailing list is refused"}},
    {"no third parties", {"the victim got nothing at all", "who only claims to be somebody is refused",
                             "and is asked, nobody else", "once a day, and never an automaton or a mailing list"}},
    {"no account's name", {"none of these forms can be an account's name"}},
};

const Rows previews{
    {"edit", {"a preview tells what an edit would do, with the mail as it would be sent, and changes nothing",
                 "a preview of an edit: 200"}},
    {"to, withdraw",
        {"a preview counts mails that have not left, additions with their notices, removals and withdrawals",
            "a preview of an addition counts the notice", "a preview of a withdrawal"}},
    {"what the actor may not know", {"a preview by somebody else does not count the blind"}},
};

const Rows mailbox_view{
    {"INBOX, other mailboxes", {"an account begins with its special mailboxes, and limbo is not seen",
                                   "CREATE makes the parents, DELETE of a parent leaves a name",
                                   "RENAME takes the subtree along, of INBOX it moves the messages only"}},
    {"a message at a UID", {"what APPEND stores is read back byte for byte, with date, flags and keywords",
                               "any range of a mail with an attachment stored as a blob is read as it was"}},
    {"EMAILID, THREADID", {"under the same THREADID", "the thread id is kept"}},
    {"$Edited, $Failed, $Withdrawn, $List",
        {"REPLACE of an own message is its edit, for everybody who sees it", "the message has $Failed",
            "a correspondent's withdrawal marks the mail, which stays, and an undeletion takes the mark off",
            "whoever comes to see a mail after its author took it back sees that it was"}},
    {"other flags and keywords", {"keywords are made up to a limit, and a mailbox opened read-only takes none"}},
    {"Drafts", {"a draft saved again is another, and the old one goes with EXPUNGE",
                   "a draft that is replaced is the same draft at its next revision, octet for octet"}},
    {"Sent", {"a copy saved to Sent after submission is the author's own rendition of that one message",
                 "alice's own message is in the thread's folder, seen"}},
    {"COPY", {"COPY makes references with flags of their own, in order, also in the same mailbox"}},
    {"MOVE", {"MOVE to Trash is leaving, with the thread; moving out again brings everything back"}},
    {"only in Trash, out of Trash again", {"COPY to Trash with EXPUNGE is leaving as well, and so is the way back"}},
    {"EXPUNGE in Trash and elsewhere",
        {"EXPUNGE outside Trash leaves the person on the list, in Trash it keeps the way back"}},
    {"to Junk, out of it", {"three votes by moving to Junk move a mail there in every store, also where nobody saw it",
                               "moving out of Junk takes a vote back, emptying Junk into Trash does not"}},
    {"APPEND elsewhere", {"APPEND of what the user has already is a reference to it, of other bytes an import"}},
    {"REPLACE, APPEND with Supersedes",
        {"REPLACE of an own message is its edit, for everybody who sees it", "what somebody else wrote is not replaced",
            "an import gives way to the other mail, which has its own place, flags and date",
            "a REPLACE that is refused leaves both as they were", "REPLACE of an own message",
            "APPEND with Supersedes"}},
    {"IDLE, NOTIFY",
        {"a change by another process wakes who waits, and only what changed is another",
            "who watches is woken by what happens in the mailboxes that they follow, and to names, wherever it is done",
            "another mailbox is told of by STATUS: each change once, flags to who asked, in IDLE as well, never the selected one",
            "who has asked by NOTIFY is told by STATUS, with nothing selected"}},
    {"offline for a year",
        {"a client that was away is told which UIDs went, exactly, and once more only what went long ago",
            "while something is held back, a client with QRESYNC is told from where to go on",
            "away: one SELECT told exactly what went, came and changed"}},
    {"QUOTA", {"GETQUOTAROOT says the root, the use and the limit"}},
    {"ACL", {"ACL: an owner is told who is on the list",
                "a list's folder shows its owner who is on the list, and to anybody else only the alias",
                "a user's mailboxes are that user's, with the rights that there are"}},
};

void each_has_a_case(const Rows& rows)
{
    static const auto sources = test_sources();
    for (const auto& [row, cases] : rows) {
        CHECK_MESSAGE(!cases.empty(), row);
        for (const auto& name : cases) {
            CHECK_MESSAGE(
                sources.find("\"" + name + "\"") != std::string::npos, row << ": no case named \"" << name << "\"");
        }
    }
}

}  // namespace

TEST_CASE("every row of Mail out has a case that shows it")
{
    each_has_a_case(mail_out);
}

TEST_CASE("every action address, and what bounds them, has a case that shows it")
{
    each_has_a_case(actions);
}

TEST_CASE("every preview has a case that shows it")
{
    each_has_a_case(previews);
}

TEST_CASE("every row of the mailbox view that is there has a case that shows it")
{
    each_has_a_case(mailbox_view);
}
