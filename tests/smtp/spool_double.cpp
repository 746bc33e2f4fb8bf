// spool_double: mime::Spool in memory only, until the real one is there.
#include "mime/spool.h"

namespace mime {

struct Spool::File {};
Spool::Spool(std::size_t in_memory) : limit_(in_memory) {}
Spool::~Spool() = default;
Spool::Spool(Spool&&) noexcept = default;
Spool& Spool::operator=(Spool&&) noexcept = default;
void Spool::append(std::string_view bytes) { memory_ += bytes; }
std::size_t Spool::size() const { return memory_.size(); }
std::string_view Spool::bytes() { return memory_; }

}  // namespace mime
