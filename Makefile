# A table of contents: the work is done by xtask/. `make` alone prints it.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)
XTASK = sh xtask/start.sh
ARGS =

.PHONY: help run test check e2e soak bench clean

help:            ## this text
	@sed -n 's/^\([a-z0-9]*\): *## /  make \1\t/p' Makefile

run:             ## the portal with demo data on http://localhost:8080; PORT changes the port
	@$(XTASK) run

test:            ## every test; CI runs this, with CI=true nothing may be skipped
	@$(XTASK) test

check:           ## formatting, lints, licences
	@$(XTASK) check

e2e:             ## the journeys in a browser alone; ARGS goes to playwright
	@$(XTASK) e2e $(ARGS)

soak:            ## twenty rotations of the signing keys under verifiers that cache; part of `make test`
	@$(XTASK) soak

bench:           ## figures: requests, sizes, time to start
	@$(XTASK) bench

clean:           ## removes the databases and everything else under .dev
	@$(XTASK) clean
