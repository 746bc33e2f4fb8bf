// xml: email2's documents: values to XML and back. email2.md "The XML"; the schema is
// schema/email2.rng.
//
// Writing puts U+FFFD for characters that XML cannot carry. Reading takes UTF-8 only, refuses any
// DOCTYPE, keeps to the limits of limits.h, and checks the schema: its Error is `invalid`, or
// `too_large`, and names the offending element or attribute. Neither touches files or the network.
// Thread-safe.
#pragma once

#include "email2/error.h"
#include "email2/message.h"
#include "email2/store.h"

#include <string>
#include <string_view>
#include <vector>

namespace email2 {

struct History {
    Name id;
    std::vector<Revision> revisions;
    bool more = false;
};

struct Replacement {  // what an edit says
    Content content;
    std::vector<std::string> foreign;
};

struct Folders {
    std::vector<Folder> folders;
    bool more = false;
};

// A message that is withdrawn is written without its content.
[[nodiscard]] std::string write(const Message& message);            // <message>
[[nodiscard]] std::string write(const Publication& request);        // <message> without id; not the key
[[nodiscard]] std::string write(const ToList& list);                // <to>
[[nodiscard]] std::string write(const ListChange& change);          // <change>
[[nodiscard]] std::string write(const History& history);            // <history>
[[nodiscard]] std::string write(const References& references);      // <references>
[[nodiscard]] std::string write(const Reference& reference);        // <reference>
[[nodiscard]] std::string write(const Filing& filing);              // <reference>, the change of one
[[nodiscard]] std::string write(const Folders& folders);            // <folders>
[[nodiscard]] std::string write(const Folder& folder);              // <folder>
[[nodiscard]] std::string write(const Events& events);              // <events>
[[nodiscard]] std::string write(const Event& event);                // <event>
[[nodiscard]] std::string write(const Preview& preview);            // <preview>
[[nodiscard]] std::string write(const Token& token);                // <token>
[[nodiscard]] std::string write(const std::vector<Token>& tokens);  // <tokens>
[[nodiscard]] std::string write(const Error& error);                // <error>

[[nodiscard]] Result<Message> read_message(std::string_view xml);
// A <message> to publish. What only the server decides (id, revision, thread, from, created,
// edited, state, origin, class, delivery) may stand there and is ignored; a membership other than
// `in`, an address that is none, one that is named twice, and entries beside inherit="true" are
// invalid. Parents are "guid@server" or "mid:Message-ID". Without a list it is a note to oneself.
[[nodiscard]] Result<Publication> read_publication(std::string_view xml);
// A <message> that replaces one: its content; all else in it is ignored. The body must be there.
[[nodiscard]] Result<Content> read_content(std::string_view xml);
// The same with the elements of other namespaces.
[[nodiscard]] Result<Replacement> read_replacement(std::string_view xml);
[[nodiscard]] Result<ToList> read_to_list(std::string_view xml);
[[nodiscard]] Result<ListChange> read_change(std::string_view xml);
[[nodiscard]] Result<History> read_history(std::string_view xml);
[[nodiscard]] Result<References> read_references(std::string_view xml);
[[nodiscard]] Result<Reference> read_reference(std::string_view xml);
[[nodiscard]] Result<Filing> read_filing(std::string_view xml);
[[nodiscard]] Result<Folders> read_folders(std::string_view xml);
[[nodiscard]] Result<Folder> read_folder(std::string_view xml);
[[nodiscard]] Result<Events> read_events(std::string_view xml);
[[nodiscard]] Result<Event> read_event(std::string_view xml);
[[nodiscard]] Result<Preview> read_preview(std::string_view xml);
[[nodiscard]] Result<Token> read_token(std::string_view xml);
[[nodiscard]] Result<std::vector<Token>> read_tokens(std::string_view xml);
[[nodiscard]] Result<Error> read_error(std::string_view xml);

// Whether `xml` is one of the documents of the schema.
[[nodiscard]] Result<void> validate(std::string_view xml);

}  // namespace email2
