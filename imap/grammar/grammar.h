// grammar: one function for each command's arguments, RFC 3501 9 and the extensions' ABNF.
//
// Pure. Each reads what follows the command's name, up to the end of the command; errors stick to
// the cursor.
#pragma once

#include "imap/command.h"
#include "imap/grammar/cursor.h"

namespace imap::grammar {

Command capability(Cursor& in);
Command noop(Cursor& in);
Command logout(Cursor& in);
Command id(Cursor& in);
Command start_tls(Cursor& in);
Command authenticate(Cursor& in);
Command login(Cursor& in);
Command enable(Cursor& in);

Command select(Cursor& in);
Command examine(Cursor& in);
Command create(Cursor& in);
Command remove(Cursor& in);  // DELETE
Command rename(Cursor& in);
Command subscribe(Cursor& in);
Command unsubscribe(Cursor& in);
Command name_space(Cursor& in);
Command get_quota(Cursor& in);
Command get_quota_root(Cursor& in);
Command get_acl(Cursor& in);
Command my_rights(Cursor& in);
Command list_rights(Cursor& in);
Command set_acl(Cursor& in);
Command delete_acl(Cursor& in);
Command status(Cursor& in);
Command list(Cursor& in);
Command xlist(Cursor& in);
Command lsub(Cursor& in);
Command notify(Cursor& in);
Command append(Cursor& in);
// Whether `text`, a command up to the "{" of its next literal, is an APPEND or a REPLACE whose
// literal is the mail itself.
bool mail_literal_follows(std::string_view text);

Command idle(Cursor& in);
Command check(Cursor& in);
Command close(Cursor& in);
Command unselect(Cursor& in);
Command expunge(Cursor& in);
Command search(Cursor& in);
Command fetch(Cursor& in);
Command store(Cursor& in);
Command copy(Cursor& in);
Command move(Cursor& in);
Command replace(Cursor& in);

Command uid_expunge(Cursor& in);
Command uid_search(Cursor& in);
Command uid_fetch(Cursor& in);
Command uid_store(Cursor& in);
Command uid_copy(Cursor& in);
Command uid_move(Cursor& in);
Command uid_replace(Cursor& in);

}  // namespace imap::grammar
