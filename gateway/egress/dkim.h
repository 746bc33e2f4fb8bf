// dkim: a Signer by libopendkim: rsa-sha256, relaxed/relaxed, RFC 6376, RFC 8301.
#pragma once

#include "gateway/egress/signer.h"

#include <memory>
#include <string>
#include <vector>

namespace gateway::egress {

struct DkimKey {
    std::string domain;    // d=, lower case A-labels: mail of authors there is signed with it
    std::string selector;  // s=
    std::string pem;       // the RSA private key, PKCS#1 or PKCS#8, at least 1024 bits
};

// The PEM text of a key file. Throws std::runtime_error naming the file.
[[nodiscard]] std::string read_key_file(const std::string& path);

class DkimSigner final : public Signer {
public:
    // Throws std::runtime_error, naming the domain, when a key cannot be used.
    explicit DkimSigner(std::vector<DkimKey> keys);
    ~DkimSigner() override;

    // Signs From (twice, so that none can be added), To, Cc, Subject, Date, Message-ID,
    // In-Reply-To, References, MIME-Version, Content-Type, Content-Transfer-Encoding,
    // List-Unsubscribe and List-Unsubscribe-Post; the whole body, no l=.
    [[nodiscard]] std::string
    sign(std::string_view domain, std::span<const std::string_view> pieces) const override;

private:
    struct Library;
    std::unique_ptr<Library> library_;
    std::vector<DkimKey> keys_;
};

}  // namespace gateway::egress
