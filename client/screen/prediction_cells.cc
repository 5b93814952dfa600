#include "client/screen/prediction_cells.h"

#include <algorithm>

#include "terminal/row_store.h"
#include "terminal/utf8.h"
#include "terminal/width.h"

namespace sallyport::client {
namespace {

using terminal::Cell;
using terminal::Rendition;

terminal::StyleId style_of(const Rendition& rendition, terminal::RowStore& store) {
  const auto packed = terminal::packed_style(rendition);
  return packed ? *packed : store.intern(rendition);
}

}  // namespace

CellLook::CellLook(char32_t code_point, const Rendition& as)
    : rendition(as), size_(static_cast<std::uint8_t>(terminal::encode_utf8(code_point, text_.data()))) {
  rendition.link = 0;
}

CellLook CellLook::tail(const Rendition& rendition) {
  CellLook look;
  look.rendition = terminal::erased(rendition);
  look.tail_ = true;
  return look;
}

CellLook CellLook::of(const terminal::Framebuffer& frame, terminal::Position at) {
  const Cell cell = frame.row(at.row)[at.column];
  CellLook look;
  look.rendition = frame.store().rendition(cell.style());
  look.rendition.link = 0;
  look.wide_ = cell.wide();
  look.tail_ = cell.tail();
  if (cell.is_cluster()) {
    look.size_ = static_cast<std::uint8_t>(frame.store().cluster(cell).copy(look.text_.data(), look.text_.size()));
  } else if (!cell.is_empty()) {
    look.size_ = static_cast<std::uint8_t>(terminal::encode_utf8(cell.content(), look.text_.data()));
  }
  return look;
}

std::uint64_t CellLook::fingerprint() const {
  if (is_blank()) return 0;
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char byte : text()) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  return hash;
}

bool CellLook::is_mask() const {
  // ours: what programs are known to print for each character of a password
  static constexpr std::array<std::string_view, 12> kMasks = {
      "*", "#", "\u00B7", "\u2022", "\u2217", "\u204E", "\u25CF", "\u25CB", "\u25AA", "\u25A0", "\u2588", "\u26AB"};
  return std::find(kMasks.begin(), kMasks.end(), text()) != kMasks.end();
}

bool CellLook::combine(char32_t mark) {
  if (size_ == 0 || size_ >= terminal::kFullCellBytes) return false;
  size_ = static_cast<std::uint8_t>(size_ + terminal::encode_utf8(mark, text_.data() + size_));
  return true;
}

void CellLook::empty() {
  text_ = {};
  size_ = 0;
  wide_ = false;
  tail_ = false;
}

Cell CellLook::cell(terminal::RowStore& store) const {
  std::uint32_t content = 0;
  std::uint64_t flags = (wide_ ? Cell::kWide : 0) | (tail_ ? Cell::kTail : 0);
  terminal::Utf8Decoder decoder;
  bool first = true;
  for (const char byte : text()) {
    const auto step = decoder.feed(static_cast<std::uint8_t>(byte));
    if (!step.has_code_point) continue;
    if (terminal::width_of(step.code_point).unstable) flags |= Cell::kUnstableWidth;
    content = first ? step.code_point : 0;
    first = false;
  }
  if (size_ > 0 && content == 0) content = store.intern_cluster(text());
  return Cell::make(content, style_of(rendition, store), flags);
}

void Originals::add(const CellLook& look) {
  const std::uint64_t fingerprint = look.fingerprint();
  const auto end = fingerprints_.begin() + count_;
  if (std::find(fingerprints_.begin(), end, fingerprint) != end) return;
  if (count_ == kKept) {
    overflowed_ = true;
    return;
  }
  fingerprints_[count_++] = fingerprint;
}

bool Originals::contains(const CellLook& look) const {
  const auto end = fingerprints_.begin() + count_;
  return overflowed_ || std::find(fingerprints_.begin(), end, look.fingerprint()) != end;
}

void CellGuess::recycle() {
  if (!active || unknown) {
    clear();
    return;
  }
  originals.add(look);
  active = false;
}

}  // namespace sallyport::client
