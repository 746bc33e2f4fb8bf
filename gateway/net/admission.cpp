// admission: counting in and out.
#include "gateway/net/admission.h"

#include <utility>

namespace gateway::net {

Admission::Place::Place(Admission& admission, std::string address)
    : admission_(&admission), address_(std::move(address))
{
}

Admission::Place::Place(Place&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)), address_(std::move(other.address_))
{
}

Admission::Place::~Place()
{
    if (admission_) admission_->leave(address_);
}

std::optional<Admission::Place> Admission::enter(const std::string& address, bool loopback)
{
    if (connections_ >= limits_.connections) return std::nullopt;
    if (!loopback) {
        auto& count = by_address_[address];
        if (count >= limits_.per_address) return std::nullopt;
        ++count;
    }
    ++connections_;
    return std::optional<Place>(std::in_place, *this, loopback ? std::string{} : address);
}

void Admission::leave(const std::string& address)
{
    --connections_;
    if (address.empty()) return;
    const auto found = by_address_.find(address);
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
}

}  // namespace gateway::net
