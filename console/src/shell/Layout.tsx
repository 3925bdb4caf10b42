import { Container, Group } from "@mantine/core";
import { Link, Outlet } from "@tanstack/react-router";

import { useMe } from "@/auth/me";
import { failureFrom } from "@/api/problem";
import { SignInAgain } from "@/auth/SignInAgain";
import { AccountMenu } from "@/shell/AccountMenu";
import { Connection } from "@/shell/Connection";
import { Invitations } from "@/shell/Invitations";
import classes from "@/shell/Layout.module.css";
import { Search } from "@/shell/search/Search";
import { NoMember } from "@/shell/NoMember";

/** What stands around every page of someone who is signed in. */
export function Layout() {
  const query = useMe();
  const me = query.data;
  const failure = query.isError ? failureFrom(query.error) : null;
  const isNowhere = failure !== null && (failure.status === 403 || failure.code === "choose_organisation");
  return (
    <>
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <header className={classes.header}>
        <Container size="xl" h={56}>
          <Group h="100%" className={classes.bar} wrap="nowrap">
            <Link to="/" className={classes.brand} aria-label="ingest-endpoints, home">
              <img src="/icon.svg" alt="" width={26} height={26} />
              <span className={classes.brandName}>ingest-endpoints</span>
            </Link>
            <Group component="nav" gap={4} aria-label="Main" wrap="nowrap" flex={1}>
              <Link to="/" className={classes.link} activeOptions={{ exact: true, includeSearch: false }}>
                Endpoints
              </Link>
              <Link to="/organisation" className={classes.link}>
                Organisation
              </Link>
              {me?.operator === true && (
                <Link to="/operations" className={classes.link}>
                  Operations
                </Link>
              )}
              <a href="/docs/" className={`${classes.link} ${classes.docs}`} target="_blank" rel="noopener">
                Docs
              </a>
            </Group>
            <Search />
            <AccountMenu />
          </Group>
        </Container>
      </header>
      <Container size="xl" component="main" id="content" py="lg" tabIndex={-1} style={{ outline: "none" }}>
        <Connection />
        <Invitations />
        {isNowhere ? <NoMember failure={failure} onRetry={() => void query.refetch()} /> : <Outlet />}
      </Container>
      <SignInAgain />
    </>
  );
}
