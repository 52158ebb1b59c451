# Writes influence_figures.csv: cumulative incidence of the event, its standard error clustered by person, and the
# interval F^exp(+-1.959964 se / (F ln F)), from R's own influence values. Run by hand on Debian, never by a test:
#   apt-get install r-cran-survival r-cran-cmprsk && Rscript clustered_incidence.R
#
# survival 3.5-3 ignores `cluster=` when `id=` is given, so the influences of single subjects are summed per person here.
library(survival)
library(cmprsk)

here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
subjects <- read.csv(file.path(here, "..", "seeds", "oracle_subjects.csv"), stringsAsFactors = FALSE)
horizons <- c(14, 30, 60, 90)
figures <- NULL
for (name in unique(subjects$dataset)) {
  rows <- subjects[subjects$dataset == name, ]
  rows$state <- factor(rows$ending, levels = c(0, 1, 2), labels = c("censored", "event", "competing"))
  fit <- survfit(Surv(day, state) ~ 1, data = rows, id = seq_len(nrow(rows)), influence = TRUE)
  event <- which(fit$states == "event")
  gray <- cuminc(rows$day, rows$ending, cencode = 0)[["1 1"]]
  # The first column of the influences is the state before the first time.
  for (horizon in horizons) {
    at <- findInterval(horizon, fit$time)
    incidence <- if (at == 0) 0 else fit$pstate[at, event]
    influence <- if (at == 0) rep(0, nrow(rows)) else fit$influence.pstate[, at + 1, event]
    error <- sqrt(sum(tapply(influence, rows$person, sum)^2))
    other <- max(0, gray$est[gray$time <= horizon])
    stopifnot(abs(other - incidence) < 1e-10)  # cmprsk says the same
    spread <- 1.959964 * error / (incidence * log(incidence))
    figures <- rbind(figures, data.frame(
      dataset = name, horizon_days = horizon, people = length(unique(rows$person)),
      incidence = sprintf("%.15g", incidence), standard_error = sprintf("%.15g", error),
      lower_95 = sprintf("%.15g", incidence^exp(-spread)), upper_95 = sprintf("%.15g", incidence^exp(spread))
    ))
  }
}
write.csv(figures, file.path(here, "influence_figures.csv"), row.names = FALSE, quote = FALSE)
