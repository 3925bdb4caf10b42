import { Button, Menu, Text, useMantineColorScheme } from "@mantine/core";
import {
  IconBook2,
  IconBuilding,
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";

import { useDeployment } from "@/auth/DeploymentContext";
import { signOutAddress } from "@/auth/hosted_page";
import { useMe } from "@/auth/me";
import { session } from "@/auth/session";

const SCHEMES = [
  { id: "light", label: "Light", icon: <IconSun size={16} /> },
  { id: "dark", label: "Dark", icon: <IconMoon size={16} /> },
  { id: "auto", label: "As the system has it", icon: <IconDeviceDesktop size={16} /> },
] as const;

export function AccountMenu() {
  const { data: me } = useMe();
  const { sign_in: signIn } = useDeployment();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const queries = useQueryClient();
  const signOut = () => {
    session.signOut();
    queries.clear();
    location.assign(signIn.kind === "hosted_page" ? signOutAddress(signIn) : "/sign-in");
  };
  const others = me?.organisations.filter(({ id }) => id !== me.organisation.id) ?? [];
  const change = (organisationId: string) => {
    session.choose(organisationId);
    location.assign("/"); // what was read, and what is half done, is of the other one
  };
  return (
    <Menu position="bottom-end" width={230} withinPortal>
      <Menu.Target>
        <Button variant="subtle" color="gray" size="compact-md" aria-label="Account" px={6}>
          <IconUserCircle size={22} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {me !== undefined && (
          <>
            <Menu.Label>
              <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate title={me.member.email}>
                {me.member.email}
              </Text>
              <Text size="xs" c="dimmed">
                {me.role} of {me.organisation.name}
              </Text>
            </Menu.Label>
            <Menu.Divider />
          </>
        )}
        {others.length > 0 && (
          <>
            <Menu.Label c="dimmed">Change to</Menu.Label>
            {others.map(({ id, name, role }) => (
              <Menu.Item key={id} leftSection={<IconBuilding size={16} />} onClick={() => change(id)}>
                {name}
                <Text size="xs">{role}</Text>
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        <Menu.Label c="dimmed">Colours</Menu.Label>
        {SCHEMES.map((scheme) => (
          <Menu.Item
            key={scheme.id}
            leftSection={scheme.icon}
            onClick={() => setColorScheme(scheme.id)}
            aria-current={colorScheme === scheme.id || undefined}
            fw={colorScheme === scheme.id ? 600 : undefined}
          >
            {scheme.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component="a" href="/docs/" target="_blank" rel="noopener" leftSection={<IconBook2 size={16} />}>
          Docs
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
