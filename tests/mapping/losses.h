// losses: what email2 → mail → email2 does not keep, declared: each with an example, and all of it as a function.
#pragma once

#include "email2/message.h"

#include <string>
#include <vector>

namespace losses {

[[nodiscard]] std::string as_mail(const email2::Content& content);
[[nodiscard]] email2::Content as_document(const std::string& bytes);
[[nodiscard]] email2::Content there_and_back(const email2::Content& content);

struct Loss {
    std::string what;
    email2::Content before, after;
};
[[nodiscard]] const std::vector<Loss>& declared_losses();

// What any content is, once it has been a mail.
[[nodiscard]] email2::Content declared(const email2::Content& content);

}  // namespace losses
