# What metafor (R) computes from the files of `aikg compare --format metafor`, as lines of
# file, quantity, name and value, parted by tabs. Debian has both: r-base-core and r-cran-metafor.
#
#   Rscript tools/metafor_oracle.R FILE.csv ...
suppressMessages(library(metafor))

say <- function(file, quantity, name, value) {
  cat(basename(file), quantity, name, sprintf("%.12g", value), sep = "\t")
  cat("\n")
}

measure <- c("odds-ratio" = "OR", "risk-ratio" = "RR", "risk-difference" = "RD")
chosen <- measure[[Sys.getenv("MEASURE", "odds-ratio")]]

for (file in commandArgs(trailingOnly = TRUE)) {
  d <- read.csv(file)
  if ("ai" %in% names(d)) {
    d <- escalc(measure = chosen, ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d)
  }
  for (i in seq_len(nrow(d))) {
    pair <- paste(d$study[i], d$experimental[i], d$reference[i])
    say(file, "yi", pair, d$yi[i])
    say(file, "vi", pair, d$vi[i])
  }
  pairs <- unique(paste(d$experimental, d$reference))
  covariance <- sub("\\.csv$", ".V.csv", file)
  if (file.exists(covariance)) {
    V <- as.matrix(read.csv(covariance, header = FALSE))
    nodes <- sort(unique(c(d$experimental, d$reference)))[-1]
    X <- sapply(nodes, function(node) (d$experimental == node) - (d$reference == node))
    fit <- rma.mv(d$yi, V, mods = X, intercept = FALSE)
    for (i in seq_along(nodes)) {
      say(file, "beta", nodes[i], fit$beta[i])
      say(file, "se", nodes[i], fit$se[i])
    }
    say(file, "QE", "", fit$QE)
  } else if (length(pairs) == 1 && nrow(d) > 1) {
    for (method in c("FE", "DL")) {
      fit <- rma(yi, vi, data = d, method = method)
      say(file, "beta", method, fit$beta[1])
      say(file, "se", method, fit$se)
      say(file, "tau2", method, fit$tau2)
      say(file, "QE", method, fit$QE)
    }
  }
}
