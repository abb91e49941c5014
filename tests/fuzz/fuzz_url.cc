// URLs of targets, as every driver of this build reads them; and what is shown of them holds no password.
#include "core/url.h"
#include "fuzz/fuzz.h"
#include "registry/registry.h"

#include <string>

namespace {

using namespace assay;

/// A URL made of the input's parts, whose secret is known: it must not be in what is shown.
void look_for_the_secret(std::string_view text) {
  const std::size_t half = text.size() / 2;
  std::string before, after;
  for (const char c : text.substr(0, half))
    if (std::string_view(":/?#@").find(c) == std::string_view::npos) before += c;
  for (const char c : text.substr(half)) after += c == '@' ? 'a' : c;
  const std::string secret = "s3cr3t-Pa55";
  if ((before + after).find(secret) != std::string::npos) return;  // a fuzzer learns the word, and puts it anywhere
  for (const std::string& url : {"postgres://" + before + ":" + secret + "@" + after,
                                 "postgres://host/" + before + "?password=" + secret + "&" + after})
    ASSAY_ASSERT(without_secrets(url).find(secret) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  fuzz::accepted([&] { percent_decoded(text); });
  Url url;
  if (fuzz::accepted([&] { url = parse_url(text); })) {
    ASSAY_ASSERT(!url.scheme.empty() && url.rest.find('?') == std::string::npos);
    for (const auto& [name, value] : url.query) ASSAY_ASSERT(!name.empty());
  }
  look_for_the_secret(text);
  for (const DriverEntry& entry : all_drivers()) {
    if (entry.driver == nullptr) continue;
    for (const std::string_view scheme : entry.driver->info().schemes) {
      TargetSpec spec{std::string(scheme) + ":" + text, Options(entry.driver->info().options)};
      spec.may_create = false;
      fuzz::accepted([&] { (void)entry.driver->open(spec); });
    }
  }
  return 0;
}
