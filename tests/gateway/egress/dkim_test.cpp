// dkim_test: what we sign verifies, by the verifying side of the library with the key we publish.
#include "gateway/egress/dkim.h"
#include "gateway/egress/opendkim.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <doctest/doctest.h>

namespace {

namespace egress = gateway::egress;

std::string text_of(BIO* bio)
{
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
}

struct KeyPair {
    std::string pem;
    std::string record;  // of the selector's TXT
};

KeyPair make_keys()
{
    EVP_PKEY* key = EVP_RSA_gen(2048);
    BIO* secret = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
    BIO* open = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(open, key);
    EVP_PKEY_free(key);
    std::string record = "v=DKIM1; k=rsa; p=";
    const auto pem = text_of(open);
    for (std::size_t at = 0, end = 0; (end = pem.find('\n', at)) != std::string::npos; at = end + 1)
        if (pem[at] != '-') record += pem.substr(at, end - at);
    return {text_of(secret), record};
}

const KeyPair& keys()
{
    static const KeyPair pair = make_keys();
    return pair;
}

DKIM_STAT look_up(DKIM*, DKIM_SIGINFO*, u_char* buffer, std::size_t size)
{
    std::snprintf(reinterpret_cast<char*>(buffer), size, "%s", keys().record.c_str());
    return DKIM_CBSTAT_CONTINUE;
}

bool verifies(std::string mail)
{
    DKIM_LIB* library = dkim_init(nullptr, nullptr);
    dkim_set_key_lookup(library, look_up);
    DKIM_STAT status = DKIM_STAT_OK;
    std::string id = "t";
    DKIM* handle = dkim_verify(library, reinterpret_cast<u_char*>(id.data()), nullptr, &status);
    dkim_chunk(handle, reinterpret_cast<u_char*>(mail.data()), mail.size());
    dkim_chunk(handle, nullptr, 0);
    const auto result = dkim_eom(handle, nullptr);
    dkim_free(handle);
    dkim_close(library);
    return result == DKIM_STAT_OK;
}

const std::string mail =
    "From: Alice <alice@one.test>\r\nTo: carol@legacy.test\r\nSubject: Minutes\r\n of "
    "Monday\r\nMessage-ID: <1@one.test>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHello\r\n.dot  \r\n\r\n";

std::string sign(std::string_view bytes)
{
    const egress::DkimSigner signer({{"one.test", "s1", keys().pem}});
    // In pieces, as they may come.
    const std::string_view pieces[] = {
        bytes.substr(0, 7), bytes.substr(7, 60), "", bytes.substr(67)};
    return signer.sign("one.test", pieces);
}

}  // namespace

TEST_CASE("a signed mail verifies, with a Received on top and its white space folded anew")
{
    const auto field = sign(mail);
    REQUIRE(
        field.starts_with("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=one.test; s=s1;")
    );
    CHECK(field.ends_with("\r\n"));
    CHECK(verifies(field + "Received: by us\r\n" + mail));
    auto folded = mail;
    folded.replace(folded.find("Minutes\r\n of"), 12, "Minutes  of");
    CHECK(verifies(field + folded));
}

TEST_CASE("a change of what is signed, or a second From, breaks the signature")
{
    const auto field = sign(mail);
    auto changed = mail;
    changed.replace(changed.find("Hello"), 5, "Hallo");
    CHECK(!verifies(field + changed));
    CHECK(!verifies(field + "From: eve@evil.test\r\n" + mail));
    changed = mail;
    changed.replace(changed.find("One-Click"), 9, "Two-Click");
    CHECK(!verifies(field + changed));
}

TEST_CASE("without a key for the domain, or without a From, nothing is signed")
{
    const egress::DkimSigner signer({{"one.test", "s1", keys().pem}});
    const std::string_view whole[] = {mail};
    CHECK(signer.sign("two.test", whole).empty());
    const std::string_view headless[] = {"no header at all"};
    CHECK(signer.sign("one.test", headless).empty());
}

TEST_CASE("a key that cannot be used is found out at the start")
{
    CHECK_THROWS(egress::DkimSigner({{"one.test", "s1", "-----BEGIN NONSENSE-----"}}));
    CHECK_THROWS((void)egress::read_key_file("/nonexistent"));
}
