// quota: see the header.
#include "email2/quota.h"

#include <algorithm>

namespace email2 {

Room room_for(const Storage& storage, std::uint64_t size)
{
    if (storage.limit == 0) return Room::fits;
    if (storage.charged >= storage.limit) return Room::full;
    return size > storage.limit - storage.charged ? Room::full : Room::fits;
}

std::uint64_t share(std::uint64_t size, std::uint32_t holders)
{
    return size / std::clamp<std::uint32_t>(holders, 1, holders_counted);
}

Sending send_at(const Sent& sent, const SendQuota& quota, Time now)
{
    const bool over = now - sent.began >= quota.period || now < sent.began;
    const Sent current = over ? Sent{now, 0} : sent;
    const bool allowed = quota.messages == 0 || current.messages < quota.messages;
    return {{current.began, current.messages + (allowed ? 1 : 0)}, allowed};
}

}  // namespace email2
