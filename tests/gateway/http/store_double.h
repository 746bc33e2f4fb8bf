// store_double: a store in memory that does just enough to see what HTTP makes of its answers.
#pragma once

#include "email2/guid.h"
#include "email2/store.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

namespace http_test {

using namespace email2;

class StoreDouble : public Store {
public:
    std::optional<Error> refusal;  // what every verb answers, when set
    bool broken = false;           // every verb throws
    std::map<Name, std::vector<Message>> messages;
    std::map<std::string, Name> keys;
    std::map<std::string, std::string> blobs;
    std::map<std::string, Folder> folder_of{{"INBOX", {"INBOX", "", 1, 1}}};
    std::vector<Event> log;
    std::vector<std::string> calls;  // what was asked that leaves no other trace
    Page last_page;
    Filing last_filing;

    Result<Message> publish(const std::string& actor, const Publication& publication) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        if (const auto known = keys.find(publication.idempotency_key); known != keys.end())
            return messages[known->second].back();
        Message message;
        message.created = Time{std::chrono::milliseconds{1'800'000'000'000}};
        message.id = message.thread = Name{make_guid(message.created), "one.test"};
        message.from = {actor, Class::native, ""};
        message.proof = Proof::account;
        message.parents = publication.parents;
        message.content = publication.content;
        message.draft = publication.draft;
        message.foreign = publication.foreign;
        message.to.inherit = publication.inherit;
        message.to.entries.push_back({message.from, Role::to, Membership::in, {}});
        for (const auto& entry : publication.entries)
            message.to.entries.push_back({{entry.address, Class::smtp, entry.name}, entry.role, Membership::in, {}});
        messages[message.id] = {message};
        if (!publication.idempotency_key.empty()) keys[publication.idempotency_key] = message.id;
        add_event(message, EventKind::published, actor);
        return message;
    }

    Result<Message> get(const std::string&, const Name& id, std::optional<std::uint32_t> revision) override
    {
        auto found = find(id);
        if (!found) return tl::unexpected(found.error());
        if (!revision) return (*found)->back();
        if (*revision < 1 || *revision > (*found)->size())
            return tl::unexpected(Error{Code::not_found, "No such revision.", {}});
        return (**found)[*revision - 1];
    }

    Result<std::vector<Revision>> history(
        const std::string&, const Name& id, std::uint32_t after, std::uint32_t limit) override
    {
        auto found = find(id);
        if (!found) return tl::unexpected(found.error());
        std::vector<Revision> revisions;
        for (const auto& message : **found)
            if (message.revision > after && revisions.size() < limit)
                revisions.push_back({message.revision, message.created, message.from.address, false, message.content});
        return revisions;
    }

    Result<Message> edit(const std::string& actor, const Name& id, std::uint32_t replaces, const Content& content,
        const Foreign& foreign) override
    {
        auto found = find(id);
        if (!found) return tl::unexpected(found.error());
        auto next = (*found)->back();
        if (replaces != next.revision) return tl::unexpected(Error{Code::conflict, "There is a newer revision.", {}});
        ++next.revision;
        next.content = content;
        if (foreign) next.foreign = *foreign;
        (*found)->push_back(next);
        add_event(next, EventKind::edited, actor);
        return next;
    }

    Result<Message> redact(const std::string&, const Name& id) override
    {
        calls.push_back("redact");
        return get({}, id, {});
    }

    Result<ToList> change_list(const std::string&, const Name& id, const ListChange& change) override
    {
        auto found = find(id);
        if (!found) return tl::unexpected(found.error());
        auto& list = (*found)->back().to;
        for (const auto& entry : change.add)
            list.entries.push_back({{entry.address, Class::smtp, entry.name}, entry.role, Membership::in, {}});
        for (auto& entry : list.entries)
            if (std::count(change.remove.begin(), change.remove.end(), entry.person.address))
                entry.membership = Membership::removed;
        return list;
    }

    Result<void> leave(const std::string&, const Name& id, std::optional<bool> thread) override
    {
        return note("leave", id, thread);
    }

    Result<void> rejoin(const std::string&, const Name& id, std::optional<bool> thread) override
    {
        return note("rejoin", id, thread);
    }

    Result<void> withdraw(const std::string&, const Name& id) override { return note("withdraw", id, {}); }

    Result<Preview> preview_edit(const std::string&, const Name&, std::uint32_t, const Content&) override
    {
        return Preview{.mails = 1, .summary = "edit"};
    }

    Result<Preview> preview_change(const std::string&, const Name&, const ListChange&) override
    {
        return Preview{.mails = 1, .summary = "change"};
    }

    Result<Preview> preview_withdraw(const std::string&, const Name&) override
    {
        return Preview{.mails = 1, .summary = "withdraw"};
    }

    Result<void> undelete(const std::string&, const Name& id) override { return note("undelete", id, {}); }

    Result<void> vote(const std::string&, const Name& id, Vote vote) override
    {
        return note(vote == Vote::spam ? "vote" : "vote back", id, {});
    }

    Result<References> list(const std::string&, const Page& page) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        last_page = page;
        References result;
        for (const auto& [id, revisions] : messages) result.references.push_back(reference(revisions.back()));
        return result;
    }

    Result<Reference> file(const std::string&, const Name& id, const Filing& filing) override
    {
        auto found = find(id);
        if (!found) return tl::unexpected(found.error());
        last_filing = filing;
        auto result = reference((*found)->back());
        result.folder = filing.folder.value_or("INBOX");
        result.flags = filing.add_flags;
        return result;
    }

    Result<std::vector<Folder>> folders(const std::string&) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        std::vector<Folder> all;
        for (const auto& [name, folder] : folder_of) all.push_back(folder);
        return all;
    }

    Result<Folder> create_folder(const std::string&, const std::string& name) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        return folder_of[name] = Folder{name, "", 0, 0};
    }

    Result<Folder> rename_folder(const std::string&, const std::string& from, const std::string& to) override
    {
        if (!folder_of.erase(from)) return tl::unexpected(Error{Code::not_found, "No such folder.", {}});
        return folder_of[to] = Folder{to, "", 0, 0};
    }

    Result<void> remove_folder(const std::string&, const std::string& name) override
    {
        if (!folder_of.erase(name)) return tl::unexpected(Error{Code::not_found, "No such folder.", {}});
        return {};
    }

    Result<Events> events(const std::string&, std::uint64_t after, std::uint32_t limit) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        Events result{{}, after};
        for (const auto& event : log)
            if (event.sequence > after && result.events.size() < limit) {
                result.events.push_back(event);
                result.last = event.sequence;
            }
        return result;
    }

    Result<bool> put_blob(const std::string&, const std::string& sha256, std::string_view bytes) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        return blobs.emplace(sha256, bytes).second;
    }

    Result<std::string> begin_upload(const std::string&) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        const auto name = "upload " + std::to_string(++begun);
        uploads[name];
        return name;
    }

    Result<void> add_to_upload(const std::string& upload, std::uint32_t n, std::string_view piece) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        auto& octets = uploads.at(upload);
        if (octets.size() != n * blob_piece) throw std::logic_error("a piece is missing");
        octets += piece;
        return {};
    }

    Result<bool> finish_upload(
        const std::string&, const std::string& upload, const std::string& sha256, std::uint64_t size) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        if (uploads.at(upload).size() != size) throw std::logic_error("the size is wrong");
        auto octets = std::move(uploads.at(upload));
        uploads.erase(upload);
        return blobs.emplace(sha256, std::move(octets)).second;
    }

    void drop_upload(const std::string& upload) override { uploads.erase(upload); }

    Result<BlobPiece> get_blob(
        const std::string&, const std::string& sha256, std::uint64_t offset, std::uint64_t length) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        const auto found = blobs.find(sha256);
        if (found == blobs.end()) return tl::unexpected(Error{Code::not_found, "No such blob.", {}});
        longest_read = std::max(longest_read, length);
        return BlobPiece{
            found->second.size(), offset >= found->second.size() ? "" : found->second.substr(offset, length)};
    }

    Result<Token> make_token(const std::string&, const std::string& name) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        Token token{token_of.size() + 1, name, "e2_secret", Time{std::chrono::milliseconds{1'800'000'000'000}}};
        token_of[token.id] = token;
        token_of[token.id].secret.clear();
        return token;
    }

    Result<std::vector<Token>> tokens(const std::string&) override
    {
        if (auto no = check()) return tl::unexpected(*no);
        std::vector<Token> all;
        for (const auto& [id, token] : token_of) all.push_back(token);
        return all;
    }

    Result<void> revoke_token(const std::string&, std::uint64_t id) override
    {
        if (!token_of.erase(id)) return tl::unexpected(Error{Code::not_found, "No such token.", {}});
        return {};
    }

    std::map<std::string, std::string> uploads;  // under way
    std::map<std::uint64_t, Token> token_of;
    std::uint64_t longest_read = 0;
    int begun = 0;

private:
    std::optional<Error> check() const
    {
        if (broken) throw std::runtime_error("the database is away");
        return refusal;
    }

    Result<std::vector<Message>*> find(const Name& id)
    {
        if (auto no = check()) return tl::unexpected(*no);
        const auto found = messages.find(id);
        if (found == messages.end()) return tl::unexpected(Error{Code::not_found, "There is no such message.", {}});
        return &found->second;
    }

    Result<void> note(const std::string& verb, const Name& id, std::optional<bool> thread)
    {
        if (auto found = find(id); !found) return tl::unexpected(found.error());
        calls.push_back(verb + (!thread ? "" : *thread ? " thread" : " message"));
        return {};
    }

    void add_event(const Message& message, EventKind kind, const std::string& actor)
    {
        log.push_back({log.size() + 1, message.id, message.revision, kind, actor, message.created});
    }

    static Reference reference(const Message& message)
    {
        return {message.id, message.thread, message.revision, "INBOX", {}, message.content.subject, message.from,
            message.created, 10, "", 1};
    }
};

}  // namespace http_test
