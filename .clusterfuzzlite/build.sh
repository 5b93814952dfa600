#!/bin/bash
# Builds every harness for ClusterFuzzLite or OSS-Fuzz, which say how by SRC, OUT, WORK, CC, CXX, CFLAGS, CXXFLAGS and
# LIB_FUZZING_ENGINE, and puts into OUT: NAME_fuzz, its seeds, its dictionary, and the libraries that it is linked with.
set -euo pipefail
cd "$SRC/sallyport"
build=${WORK:-/tmp}/sallyport-fuzz

# Protobuf comes as a package and is built with libstdc++: everything that meets it must be.
flags=${CXXFLAGS//-stdlib=libc++/}
# DT_RPATH, since it counts for libraries of libraries too.
cmake -S . -B "$build" -G Ninja -DSALLYPORT_TESTS=OFF -DSALLYPORT_FUZZERS=ON -DCMAKE_BUILD_TYPE=None \
  -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_CXX_FLAGS="$flags" \
  -DSALLYPORT_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" -DCMAKE_EXE_LINKER_FLAGS='-Wl,--disable-new-dtags,-rpath,\$ORIGIN/lib'
harnesses=(fuzz/*_fuzz.cc)
harnesses=("${harnesses[@]##*/}")
harnesses=("${harnesses[@]%.cc}")
ninja -C "$build" "${harnesses[@]}"

mkdir -p "$OUT/lib"
for harness in "${harnesses[@]}"; do
  cp "$build/fuzz/$harness" "$OUT/"
  python3 -m zipfile -c "$OUT/${harness}_seed_corpus.zip" fuzz/corpus/"${harness%_fuzz}"/*
  dictionary=$(sed -n 's,^// Dictionary: ,,p' "fuzz/$harness.cc")
  [[ -z $dictionary ]] || cp "fuzz/dictionaries/$dictionary.dict" "$OUT/$harness.dict"
  # Where fuzzing happens there is a C library and little else.
  ldd "$build/fuzz/$harness" | awk '$3 ~ /^\// && $1 !~ /^lib(c|m|dl|rt|pthread|resolv)\.so/ {print $3}' | xargs -r cp -Lu -t "$OUT/lib"
done
