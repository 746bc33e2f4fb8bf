// verbs_store: the verbs that act on somebody's own store.
#include "email2/xml.h"
#include "gateway/http/limits.h"
#include "gateway/http/verbs.h"

namespace gateway::http::verbs {
namespace {

namespace asio = boost::asio;
using email2::Name;
using email2::Result;
using email2::Store;

constexpr auto any_position = std::numeric_limits<std::int64_t>::max();  // what a database counts to

Result<email2::Page> read_page(const Request& request)
{
    email2::Page page;
    page.folder = request.query("folder").value_or("");
    page.query = request.query("q").value_or("");
    if (const auto thread = request.query("thread")) {
        const auto name = email2::parse_name(*thread);
        if (!name)
            return tl::unexpected(
                email2::Error{email2::Code::invalid, "The parameter thread is no guid@server.", "?thread"});
        page.thread = name->str();
    }
    // A store without any question is its top level.
    if (page.folder.empty() && page.query.empty() && page.thread.empty()) page.folder = "INBOX";
    const auto after = query_number(request, "after", 0, any_position);
    if (!after) return tl::unexpected(after.error());
    const auto limit = query_number(request, "limit", page.limit, limits::page);
    if (!limit) return tl::unexpected(limit.error());
    page.after = *after;
    page.limit = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(*limit));
    return page;
}

template <class T>
Result<Response> as_document(unsigned status, const Result<T>& result)
{
    if (!result) return tl::unexpected(result.error());
    return document_response(status, email2::write(*result));
}

std::string folder_path(const std::string& name)
{
    return "/v1/folders/" + percent_encoded(name);
}

}  // namespace

asio::awaitable<Response> list(Call& call)
{
    const auto page = read_page(call.request);
    if (!page) co_return error_response(page.error());
    auto work = [page = *page](
                    Store& store, const std::string& actor) { return as_document(200, store.list(actor, page)); };
    co_return co_await on_store(call, std::move(work));
}

asio::awaitable<Response> file(Call& call)
{
    const auto xml = co_await document_body(call);
    auto work = [xml](Store& store, const std::string& actor, const Name& id) -> Result<Response> {
        const auto filing = email2::read_filing(xml);
        if (!filing) return tl::unexpected(filing.error());
        return as_document(200, store.file(actor, id, *filing));
    };
    co_return co_await on_message(call, std::move(work));
}

// By name; `after` is the last one of the page before.
asio::awaitable<Response> folders(Call& call)
{
    const auto limit = query_number(call.request, "limit", limits::page, limits::page);
    if (!limit) co_return error_response(limit.error());
    auto work = [after = call.request.query("after").value_or(""), limit = std::max<std::size_t>(1, *limit)](
                    Store& store, const std::string& actor) -> Result<Response> {
        auto all = store.folders(actor);
        if (!all) return tl::unexpected(all.error());
        std::erase_if(*all, [&](const email2::Folder& folder) { return folder.name <= after; });
        std::sort(all->begin(), all->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        email2::Folders page{*std::move(all), false};
        page.more = page.folders.size() > limit;
        if (page.more) page.folders.resize(limit);
        return document_response(200, email2::write(page));
    };
    co_return co_await on_store(call, std::move(work));
}

asio::awaitable<Response> create_folder(Call& call)
{
    const auto xml = co_await document_body(call);
    auto work = [xml](Store& store, const std::string& actor) -> Result<Response> {
        const auto wanted = email2::read_folder(xml);
        if (!wanted) return tl::unexpected(wanted.error());
        const auto made = store.create_folder(actor, wanted->name);
        if (!made) return tl::unexpected(made.error());
        return document_response(201, email2::write(*made)).with("Location", folder_path(made->name));
    };
    co_return co_await on_store(call, std::move(work));
}

asio::awaitable<Response> rename_folder(Call& call)
{
    const auto xml = co_await document_body(call);
    auto work = [xml, from = call.arguments.at(0)](Store& store, const std::string& actor) -> Result<Response> {
        const auto wanted = email2::read_folder(xml);
        if (!wanted) return tl::unexpected(wanted.error());
        return as_document(200, store.rename_folder(actor, from, wanted->name));
    };
    co_return co_await on_store(call, std::move(work));
}

asio::awaitable<Response> remove_folder(Call& call)
{
    auto work = [name = call.arguments.at(0)](Store& store, const std::string& actor) -> Result<Response> {
        const auto removed = store.remove_folder(actor, name);
        if (!removed) return tl::unexpected(removed.error());
        return Response{204, {}, {}, 0, {}};
    };
    co_return co_await on_store(call, std::move(work));
}

}  // namespace gateway::http::verbs
