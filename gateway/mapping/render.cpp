// render: native content as a mail: the same bytes for the same revision, whenever it is asked.
// mapping.md "Mail out".

#include "gateway/mapping/fields.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/mapping/part_out.h"
#include "gateway/mapping/thread_index.h"

namespace gateway::mapping {
namespace {

struct Shown {
    std::vector<mime::Address> to, cc;
    bool blind = false;        // somebody gets it whom it does not show
    bool one_address = false;  // the message's (they are too many) or the mailing list's stands for all
};

Shown people_of(const Rendering& rendering, const RenderSettings& settings)
{
    Shown shown;
    if (rendering.mailing_list) {
        shown.to = {address_of(*rendering.mailing_list)};
        shown.one_address = true;
        return shown;
    }
    bool self = false;
    for (const auto& entry : rendering.list) {
        if (entry.membership != email2::Membership::in) continue;
        if (entry.role == email2::Role::blind) shown.blind = true;
        else if (entry.person.address == rendering.from.address) self = true;  // From shows the author already
        else (entry.role == email2::Role::to ? shown.to : shown.cc).push_back(address_of(entry.person));
    }
    if (shown.to.size() + shown.cc.size() > settings.to_max) {
        shown.to = {address_of({.address = rendering.id.str()})};
        shown.cc.clear();
        shown.one_address = true;
    }
    if (self && !shown.blind && shown.to.empty() && shown.cc.empty())
        shown.to = {address_of(rendering.from)};  // a note to oneself
    return shown;
}

void add_people(FieldList& fields, const Shown& shown)
{
    if (!shown.to.empty()) fields.addresses("To", shown.to);
    else if (shown.cc.empty()) fields.raw("To", "undisclosed-recipients:;");
    if (!shown.cc.empty()) fields.addresses("Cc", shown.cc);
}

}  // namespace

std::string render(const Rendering& rendering, const RenderSettings& settings, const BlobSource& blobs)
{
    FieldList fields;
    fields.date("Date", rendering.date);
    fields.addresses("From", {address_of(rendering.from)});
    add_people(fields, people_of(rendering, settings));
    fields.text("Subject", rendering.content.subject);
    fields.ids("Message-ID", {rendering.message_id});
    const auto index = rendering.parent_message_ids.empty() ? thread_index(rendering.id)
                                                            : thread_index(rendering.parent_thread_index, rendering.id);
    fields.conversation(index, rendering.content.subject);
    fields.ids("In-Reply-To", rendering.parent_message_ids);
    if (!rendering.parent_message_ids.empty())
        fields.ids("References", reference_chain(rendering.references, rendering.parent_message_ids.front()));
    fields.raw("MIME-Version", "1.0");
    const auto seed = rendering.id.str() + "/" + std::to_string(rendering.revision);
    const auto* kept = rendering.kept ? &*rendering.kept : nullptr;
    return mime::compose(fields.fields(), composed_of(rendering.content.body, blobs, kept), seed);
}

std::vector<std::string> shown(const Rendering& rendering, const RenderSettings& settings)
{
    const auto people = people_of(rendering, settings);
    if (people.one_address) return {};
    std::vector<std::string> addresses{rendering.from.address};
    for (const auto* list : {&people.to, &people.cc})
        for (const auto& each : *list) {
            auto address = each.local_part + "@" + each.domain;
            if (address != rendering.from.address) addresses.push_back(std::move(address));
        }
    return addresses;
}

}  // namespace gateway::mapping
