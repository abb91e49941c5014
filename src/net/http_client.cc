#include "net/http_client.h"

#include "base/error.h"

#include <curl/curl.h>

#include <memory>

namespace assay::net {
namespace {

constexpr std::size_t kMostAnswer = 1 << 20;

/// libcurl wants to be told once, before any thread uses it.
void require_curl() {
  static const CURLcode begun = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (begun != CURLE_OK)
    throw Error("libcurl cannot be used: " + std::string(curl_easy_strerror(begun)), ExitCode::internal);
}

struct Header {
  curl_slist* list = nullptr;
  ~Header() { curl_slist_free_all(list); }
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list = longer;
  }
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  body.append(data, std::min(size * count, kMostAnswer - body.size()));
  return size * count;  // the rest is read and dropped
}

}  // namespace

HttpResponse send(const HttpRequest& request) {
  require_curl();
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) throw std::bad_alloc();
  Header header;
  header.add("Expect:");  // no waiting for "100 Continue"
  for (const auto& [name, value] : request.headers) header.add(name + ": " + value);
  HttpResponse response;
  char why[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_HTTPHEADER, header.list);
  if (!request.body.empty()) {
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(request.timeout).count()));
  set(CURLOPT_USERAGENT, "assay");
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(why));
  set(CURLOPT_WRITEFUNCTION, &take);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&response.body));
  const CURLcode done = curl_easy_perform(curl.get());
  if (done == CURLE_URL_MALFORMAT || done == CURLE_UNSUPPORTED_PROTOCOL)
    throw Error(fmt::format("{} is no URL of a server: expected http://HOST[:PORT][/PATH] or https://…",
                            without_user(request.url)));
  if (done != CURLE_OK)
    throw Error(fmt::format("{}: {}", without_user(request.url), why[0] != '\0' ? why : curl_easy_strerror(done)),
                ExitCode::unreachable);
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &response.status);
  return response;
}

std::string without_user(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

std::string_view path_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = url.find_first_of("/?#", host);
  if (path == std::string_view::npos || url.substr(path) == "/") return {};
  return url.substr(path);
}

}  // namespace assay::net
