// admission: counting in and out.
#include "gateway/net/admission.h"

#include "gateway/net/connection.h"

#include <utility>
#include <vector>

namespace gateway::net {

Admission::Place::Place(Admission& admission, std::string address, Connection& connection)
    : admission_(&admission), address_(std::move(address)), connection_(&connection)
{
}

Admission::Place::Place(Place&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr))
    , address_(std::move(other.address_))
    , connection_(other.connection_)
{
}

Admission::Place::~Place()
{
    if (admission_) admission_->leave(address_, connection_);
}

bool Admission::enter(Connection& connection, const std::string& address)
{
    if (inside_.size() >= limits_.connections) return false;
    if (!address.empty()) {
        auto& count = by_address_[address];
        if (count >= limits_.per_address) return false;
        ++count;
    }
    inside_.insert(&connection);
    connection.hold(Place(*this, address, connection));
    return true;
}

void Admission::close_all()
{
    const std::vector<Connection*> all(inside_.begin(), inside_.end());
    for (auto* connection : all) connection->close();
}

void Admission::leave(const std::string& address, Connection* connection)
{
    inside_.erase(connection);
    const auto found = by_address_.find(address);
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
}

}  // namespace gateway::net
