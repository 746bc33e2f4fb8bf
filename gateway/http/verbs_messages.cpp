// verbs_messages: the verbs that act on one message.
//
// Documents are read and written on the store's threads as well: a large one takes milliseconds,
// which the network thread has not.
#include "email2/xml.h"
#include "gateway/http/limits.h"
#include "gateway/http/verbs.h"
#include "gateway/store/hash.h"

#include <charconv>

namespace gateway::http::verbs {
namespace {

namespace asio = boost::asio;
using email2::Code;
using email2::Error;
using email2::Name;
using email2::Result;
using email2::Store;

constexpr auto any_revision = std::numeric_limits<std::uint32_t>::max();

Response edited_response(unsigned status, const email2::Message& message)
{
    return document_response(status, email2::write(message))
        .with("ETag", "\"" + std::to_string(message.revision) + "\"");
}

Response no_content()
{
    return Response{204, {}, {}, 0, {}};
}

// RFC 9110 13.1.1, narrowed to one strong tag: the revision that the editor saw.
Result<std::uint32_t> replaced_revision(const Request& request)
{
    const auto invalid = [](const char* text) { return tl::unexpected(Error{Code::invalid, text, "If-Match"}); };
    const auto field = request.find("if-match");
    if (!field) return invalid("An edit names the revision that it replaces: If-Match: \"1\".");
    std::uint32_t revision = 0;
    const auto* begin = field->data();
    const auto* end = begin + field->size();
    const bool quoted = field->size() > 2 && field->front() == '"' && field->back() == '"';
    if (!quoted) return invalid("If-Match must be one revision in quotes.");
    const auto [stop, error] = std::from_chars(begin + 1, end - 1, revision);
    if (error != std::errc{} || stop != end - 1) return invalid("If-Match must be one revision in quotes.");
    return revision;
}

Result<std::string> idempotency_key(const Request& request)
{
    auto key = request.find("idempotency-key").value_or("");
    if (key.size() > limits::key)
        return tl::unexpected(Error{Code::invalid, "The Idempotency-Key is too long.", "Idempotency-Key"});
    return key;
}

template <class T>
Result<Response> as_message(unsigned status, const Result<T>& result)
{
    if (!result) return tl::unexpected(result.error());
    return edited_response(status, *result);
}

Result<Response> as_no_content(const Result<void>& result)
{
    if (!result) return tl::unexpected(result.error());
    return no_content();
}

Result<Response> as_preview(const Result<email2::Preview>& result)
{
    if (!result) return tl::unexpected(result.error());
    return document_response(200, email2::write(*result));
}

// "?preview=1": say what it would do, and do nothing.
Result<bool> wants_preview(const Request& request)
{
    const auto flag = query_flag(request, "preview");
    if (!flag) return tl::unexpected(flag.error());
    return flag->value_or(false);
}

}  // namespace

asio::awaitable<Response> publish(Call& call)
{
    const auto key = idempotency_key(call.request);
    if (!key) co_return error_response(key.error());
    auto xml = co_await document_body(call);
    auto digest = key->empty() ? std::string{} : store::sha256(xml);
    const auto shown = co_await call.services.publish(call.account, std::move(xml), *key, std::move(digest));
    auto response = message_response(201, shown);
    if (shown) response.with("Location", "/v1/messages/" + shown->id.str());
    co_return response;
}

// If-None-Match asks whether there is a newer revision: a change of the To list is none, and is told by events.
asio::awaitable<Response> get(Call& call)
{
    const auto number = query_number(call.request, "revision", 0, any_revision);
    if (!number) co_return error_response(number.error());
    std::optional<std::uint32_t> revision;
    if (call.request.query("revision")) revision = static_cast<std::uint32_t>(*number);
    const auto name = message_named(call);
    if (!name) co_return error_response(name.error());
    const auto shown = co_await call.services.get(call.account, *name, revision);
    if (shown) {
        const auto tag = "\"" + std::to_string(shown->revision) + "\"";
        const auto known = call.request.find("if-none-match");
        if (known && names_tag(*known, tag)) co_return Response{304, {}, {}, 0, {}}.with("ETag", tag);
    }
    co_return message_response(200, shown);
}

// Paged by revision numbers.
asio::awaitable<Response> history(Call& call)
{
    const auto after = query_number(call.request, "after", 0, any_revision);
    if (!after) co_return error_response(after.error());
    const auto limit = query_number(call.request, "limit", limits::revisions_page, limits::revisions_page);
    if (!limit) co_return error_response(limit.error());
    auto work = [after = static_cast<std::uint32_t>(*after),
                    limit = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(*limit))](
                    Store& store, const std::string& actor, const Name& id) -> Result<Response> {
        auto revisions = store.history(actor, id, after, limit + 1);
        if (!revisions) return tl::unexpected(revisions.error());
        const bool more = revisions->size() > limit;
        if (more) revisions->resize(limit);
        return document_response(200, email2::write(email2::History{id, *std::move(revisions), more}));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> edit(Call& call)
{
    const auto replaces = replaced_revision(call.request);
    if (!replaces) co_return error_response(replaces.error());
    const auto preview = wants_preview(call.request);
    if (!preview) co_return error_response(preview.error());
    const auto xml = co_await document_body(call);
    auto work = [replaces = *replaces, preview = *preview, xml](
                    Store& store, const std::string& actor, const Name& id) -> Result<Response> {
        const auto next = email2::read_replacement(xml);
        if (!next) return tl::unexpected(next.error());
        if (preview) return as_preview(store.preview_edit(actor, id, replaces, next->content));
        return as_message(200, store.edit(actor, id, replaces, next->content, next->foreign));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> redact(Call& call)
{
    auto work = [](Store& store, const std::string& actor, const Name& id) {
        return as_message(200, store.redact(actor, id));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> change_list(Call& call)
{
    const auto preview = wants_preview(call.request);
    if (!preview) co_return error_response(preview.error());
    const auto xml = co_await document_body(call);
    auto work = [preview = *preview, xml](Store& store, const std::string& actor, const Name& id) -> Result<Response> {
        const auto change = email2::read_change(xml);
        if (!change) return tl::unexpected(change.error());
        if (preview) return as_preview(store.preview_change(actor, id, *change));
        const auto list = store.change_list(actor, id, *change);
        if (!list) return tl::unexpected(list.error());
        return document_response(200, email2::write(*list));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> leave(Call& call)
{
    const auto thread = query_flag(call.request, "thread");
    if (!thread) co_return error_response(thread.error());
    auto work = [thread = *thread](Store& store, const std::string& actor, const Name& id) {
        return as_no_content(store.leave(actor, id, thread));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> rejoin(Call& call)
{
    const auto thread = query_flag(call.request, "thread");
    if (!thread) co_return error_response(thread.error());
    auto work = [thread = *thread](Store& store, const std::string& actor, const Name& id) {
        return as_no_content(store.rejoin(actor, id, thread));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> withdraw(Call& call)
{
    const auto preview = wants_preview(call.request);
    if (!preview) co_return error_response(preview.error());
    auto work = [preview = *preview](Store& store, const std::string& actor, const Name& id) {
        if (preview) return as_preview(store.preview_withdraw(actor, id));
        return as_no_content(store.withdraw(actor, id));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> undelete(Call& call)
{
    auto work = [](Store& store, const std::string& actor, const Name& id) {
        return as_no_content(store.undelete(actor, id));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> vote(Call& call)
{
    auto work = [](Store& store, const std::string& actor, const Name& id) {
        return as_no_content(store.vote(actor, id, email2::Vote::spam));
    };
    co_return co_await on_message(call, std::move(work));
}

asio::awaitable<Response> take_vote_back(Call& call)
{
    auto work = [](Store& store, const std::string& actor, const Name& id) {
        return as_no_content(store.vote(actor, id, email2::Vote::none));
    };
    co_return co_await on_message(call, std::move(work));
}

}  // namespace gateway::http::verbs
