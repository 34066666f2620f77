# What netmeta (R) computes from the files of `aikg compare --format netmeta`, as lines of file,
# quantity, name and value, parted by tabs. MEASURE is OR, RR, RD or HR. Debian has no package of it.
#
#   MEASURE=OR Rscript tools/netmeta_oracle.R FILE.csv ...
suppressMessages(library(netmeta))

for (file in commandArgs(trailingOnly = TRUE)) {
  d <- read.csv(file)
  measure <- Sys.getenv("MEASURE", "OR")
  if ("event" %in% names(d)) {
    p <- pairwise(treat = treat, event = event, n = n, studlab = studlab, data = d, sm = measure)
    fit <- netmeta(p, method.tau = "DL")
  } else {
    fit <- netmeta(TE, seTE, treat1, treat2, studlab, data = d, sm = measure, method.tau = "DL")
  }
  for (one in fit$trts) for (other in fit$trts) if (one != other) {
    pair <- paste(one, other)
    cat(basename(file), "common", pair, sprintf("%.12g", fit$TE.common[one, other]), sep = "\t")
    cat("\n")
    cat(basename(file), "random", pair, sprintf("%.12g", fit$TE.random[one, other]), sep = "\t")
    cat("\n")
  }
}
